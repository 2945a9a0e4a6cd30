// Code that repeats exactly the run on the page: command line, HTTP, C++. Pure texts, quoted for their languages.
import type { Config, Json } from '../model/contract.js';

export interface RunCode {
  study: string;
  preset: string;
  /** What differs from the preset. */
  differences: Config;
  seed: number;
  /** SHA-256 of each input, "" while it is not known; and the name of its file. */
  inputs: { name: string; file: string; sha256: string }[];
}

/** One word for a POSIX shell. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A value of --set: JSON where it parses, else a text as it is. */
export function setValue(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  try {
    JSON.parse(value);
    return JSON.stringify(value); // "7" must not become a number
  } catch {
    return value;
  }
}

export function commandLine({ study, preset, differences, seed, inputs }: RunCode): string {
  const options = [
    `--preset ${shellWord(preset)}`,
    ...Object.entries(differences).map(([key, value]) => `--set ${shellWord(`${key}=${setValue(value)}`)}`),
    ...inputs.map(({ name, file }) => `--input ${shellWord(`${name}=${file}`)}`),
    `--seed ${seed}`,
    '--json > report.json',
  ];
  return [`reprise run ${shellWord(study)}`, ...options].join(' \\\n  ');
}

/** `api` ends with "/", e.g. http://127.0.0.1:8080/api/v1/. */
export function httpRequest(run: RunCode, api: string): string {
  const { study, preset, differences, seed, inputs } = run;
  const uploads = inputs.map(
    ({ file }) =>
      `curl -sS -X POST -H 'X-Reprise: 1' --data-binary ${shellWord(`@${file}`)} ${shellWord(`${api}datasets`)}`,
  );
  const body: Config = { study, preset, seed };
  if (Object.keys(differences).length > 0) body['config'] = differences;
  if (inputs.length > 0)
    body['inputs'] = Object.fromEntries(
      inputs.map(({ name, sha256 }) => [name, sha256 || 'SHA-256 OF THE FILE']),
    );
  return [
    ...uploads,
    `curl -sS -X POST -H 'Content-Type: application/json' \\\n  -d ${shellWord(JSON.stringify(body))} \\\n  ${shellWord(`${api}jobs`)}`,
    `# with the id that it answers:\ncurl -sS ${shellWord(`${api}jobs/ID/report`)} > report.json`,
  ].join('\n');
}

/** A text as a C++ string literal. */
export function cppText(text: string): string {
  const escapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const plain = text.replace(/["\\]/g, '\\$&').replace(/[\n\r\t]/g, (letter) => escapes[letter] ?? letter);
  return `"${plain}"`;
}

/** A JSON text as a raw literal that it cannot end by itself. */
export function cppJson(value: Json): string {
  const text = JSON.stringify(value);
  let mark = 'json';
  while (text.includes(`)${mark}"`)) mark += 'x';
  return `R"${mark}(${text})${mark}"`;
}

export function cppProgram({ study, preset, differences, seed, inputs }: RunCode): string {
  const read = inputs.map(
    ({ name, file }) => `
  const std::string ${variable(name)} = file_text(${cppText(file)});
  request.inputs[${cppText(name)}] = inspect_input(MemoryView(${variable(name)}), ${cppText(file)});
  request.inputs[${cppText(name)}].sha256 = sha256_hex(${variable(name)});
  request.resources.add_input(${cppText(name)}, std::make_shared<MemoryView>(${variable(name)}));`,
  );
  const reader = `
std::string file_text(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}
`;
  const headers = [
    ...(inputs.length > 0 ? ['base/hash.h'] : []),
    'base/json.h',
    'study/driver.h',
    'study/registry.h',
  ];
  const standard = [...(inputs.length > 0 ? ['fstream'] : []), 'iostream'];
  return `${headers.map((name) => `#include "${name}"`).join('\n')}

${standard.map((name) => `#include <${name}>`).join('\n')}

using namespace reprise;
${inputs.length > 0 ? reader : ''}
int main() {
  const Registry registry = make_registry();
  RunRequest request;
  request.study = &registry.find(${cppText(study)});
  request.config = request.study->resolve(${cppText(preset)}, Json::parse(${cppJson(differences)}));
  request.seed = ${seed};${read.join('')}
  std::cout << write_report(run_locally(std::move(request)), {}).json;
}
`;
}

function variable(name: string): string {
  return `${name.replace(/\W/g, '_')}_text`;
}
