// Makes number_text.txt: bits of doubles and what ECMAScript's Number::toString writes for them.
// usage: node make_number_text.mjs > number_text.txt
const view = new DataView(new ArrayBuffer(8));
const bitsOf = (x) => (view.setFloat64(0, x), view.getBigUint64(0));
const fromBits = (bits) => (view.setBigUint64(0, bits), view.getFloat64(0));

let state = 12345n; // a 64-bit linear congruential generator (Knuth)
const next = () => (state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn);

const numbers = [0, 1, -1, 0.1, 0.2, 0.1 + 0.2, 1e21, 1e20, 123456789012345680000, 1e-6, 1e-7, 1.5e-7, 5e-324, 100, 4.35,
  2 ** -1022, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, 2 ** 53, 9007199254740993, 1 / 3, 2 / 3, 123.456, 9.5e-7,
  2 ** 70, 2 ** -70, 5e-7, 1e23, 9.999999999999999e22, 2.2250738585072011e-308, 4.4501477170144023e-308];
for (let k = -30; k <= 30; ++k) numbers.push(Number(`1e${k}`), Number(`-1.25e${k}`), Number(`9.99e${k}`));
for (let i = 0; i < 300; ++i) {
  const x = fromBits(next());
  if (Number.isFinite(x)) numbers.push(x);
  numbers.push(Number(next() >> 32n) / 1000);
}
for (const x of numbers) console.log(bitsOf(x).toString(16), String(x));
