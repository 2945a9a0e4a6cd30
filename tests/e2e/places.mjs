// Where the tests find what was built.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../../web/scripts/paths.mjs';

export { root };
export const places = {
  reprise: resolve(process.env.REPRISE ?? join(root, 'build/native/reprise')),
  wasm: resolve(process.env.WASM ?? join(root, 'build/wasm')),
  site: resolve(process.env.SITE ?? join(root, 'build/site')),
  chromium: process.env.CHROMIUM ?? '/usr/bin/chromium',
  data: join(root, 'tests/e2e/data'),
  /** Where the tests put what they make. */
  scratch: join(root, 'build/e2e'),
};

/** One line for each thing that is not there. */
export function missingPrerequisites() {
  return [
    [places.reprise, 'the program; scripts/build makes it (or REPRISE=PATH)'],
    [
      join(places.wasm, 'reprise-recalibration.wasm'),
      'the WebAssembly; scripts/build makes it (or WASM=FOLDER)',
    ],
    [join(places.site, 'index.html'), 'the site; scripts/build makes it (or SITE=FOLDER)'],
    [places.chromium, 'the browser; apt-get install chromium (or CHROMIUM=PATH)'],
  ]
    .filter(([path]) => !existsSync(path))
    .map(([path, what]) => `${path} is missing: ${what}`);
}
