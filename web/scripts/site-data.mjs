// The catalogue as static JSON, from the native program and the labs' own descriptions: no page needs WebAssembly
// to show what there is.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

function ask(reprise, ...words) {
  return execFileSync(reprise, words, { encoding: 'utf8', maxBuffer: 64 << 20 });
}

function labEntry(slug, about, studies) {
  const { title, question, paper, tags = [], own_data = false, card } = about;
  const { idea, notes, formulas, differs, not_reproduced, sources } = about;
  for (const [key, value] of Object.entries({ title, question, paper })) {
    if (value === undefined) throw new Error(`lab ${slug}: its description lacks "${key}"`);
  }
  return {
    slug,
    title,
    question,
    paper,
    tags,
    own_data,
    card, // which figure the catalogue shows: miniatures.mjs
    planned: studies.length === 0,
    studies,
    idea,
    notes,
    formulas,
    differs,
    not_reproduced,
    sources,
    samples: samplesOf(slug, studies),
    verdicts: verdictsOf(slug),
  };
}

/** {input: path} of the files in web/pages/samples/<lab>/ that are named like an input of a study. */
function samplesOf(slug, studies) {
  const names = new Set(studies.flatMap(({ inputs }) => inputs.map(({ name }) => name)));
  const found = [...names]
    .map((name) => [name, `samples/${slug}/${name}.csv`])
    .filter(([, path]) => existsSync(join(root, 'web/pages', path)));
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/** What scripts/claims found when it ran the lab last, as LabVerdicts; undefined before that. */
function verdictsOf(slug) {
  const file = join(root, 'core/labs', slug, 'claims.json');
  if (!existsSync(file)) return undefined;
  const { claims, preset, seed, seconds } = JSON.parse(readFileSync(file, 'utf8'));
  const others = claims
    .filter(({ status }) => status !== 'holds')
    .map(({ study, statement, status, reason }) => ({ study, statement, status, reason }));
  return {
    holds: claims.length - others.length,
    total: claims.length,
    preset,
    seed,
    others,
    longest_seconds: seconds && Math.max(...Object.values(seconds)),
  };
}

/** {studies, labs, descriptions}: labs that are built first, then the planned ones in their file's order. */
export function siteData(reprise) {
  const studies = JSON.parse(ask(reprise, 'list', '--json'));
  const descriptions = {};
  for (const { study } of studies) descriptions[study] = ask(reprise, 'describe', study).trim();

  const folder = join(root, 'core/labs');
  const built = readdirSync(folder)
    .filter((slug) => existsSync(join(folder, slug, 'lab.json')))
    .sort();
  const labs = built.map((slug) =>
    labEntry(
      slug,
      JSON.parse(readFileSync(join(folder, slug, 'lab.json'), 'utf8')),
      studies.filter((study) => study.lab === slug),
    ),
  );
  const plannedFile = join(root, 'web/planned-labs.json');
  const planned = existsSync(plannedFile) ? JSON.parse(readFileSync(plannedFile, 'utf8')) : [];
  for (const about of planned) {
    if (!built.includes(about.slug)) labs.push(labEntry(about.slug, about, []));
  }
  return { studies, labs, descriptions };
}
