// What an embedded study loads when its settings are opened, or at once when it needs a file.
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { controlField } from './control-fields.js';
import { isVisible } from './control-model.js';
import { presetField, seedField } from './setting-fields.js';
import type { StudySession } from './study-session.js';

export { inputPanels } from './input-panel.js';

export function settingFields(session: StudySession): TemplateResult {
  const controls = session.controls.filter((one) => one.essential && isVisible(one, session.config));
  return html`${presetField(session)} ${controls.map((control) => controlField(control, session))}
  ${seedField(session)}`;
}
