// Code that repeats the settings on the page elsewhere, as command line, over HTTP and in C++.
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { siteUrl } from '../engines/site.js';
import './copy-button.js';
import type { RunCode } from './run-code.js';
import { commandLine, cppProgram, httpRequest } from './run-code.js';
import type { StudySession } from './study-session.js';

export function codeSection(session: StudySession): TemplateResult {
  const { study, preset, differences, seed } = session.permalink();
  const inputs = session.description.inputs
    .filter(({ name, required }) => required || name in session.inputs)
    .map(({ name, formats }) => ({
      name,
      file: session.inputs[name]?.name ?? `${name}.${formats[0] ?? 'csv'}`,
      sha256: session.hashes[name] ?? session.wanted[name] ?? '',
    }));
  const run: RunCode = { study, preset, differences, seed, inputs };
  const part = (title: string, about: string, text: string): TemplateResult =>
    html`<details>
      <summary>${title}</summary>
      <p class="help">${about}</p>
      <reprise-copy .name=${`Code: ${title}`} .text=${text}></reprise-copy>
    </details>`;
  return html`<section class="code" aria-labelledby="code">
    <h2 id="code">Code for this exact run</h2>
    <p class="lead">The settings above, elsewhere: the report is the same but for where it was computed.</p>
    ${part('Command line', 'The program of this project, on your machine.', commandLine(run))}
    ${part(
      'HTTP',
      'A server of this project; the address is the one that would serve this page.',
      httpRequest(run, siteUrl('api/v1/').href),
    )}
    ${part('C++', 'Link it with the target reprise_labs.', cppProgram(run))}
  </section>`;
}
