// Validation problems as one sentence; each also belongs to a control or an input by its key.
import type { Problem } from '../model/contract.js';

export function describeProblems(problems: Problem[]): string {
  const [first, ...others] = problems;
  if (!first) return 'The settings are not valid.';
  const text = first.message;
  if (others.length === 0) return text;
  return `${text} (and ${others.length} more: ${others.map(({ key }) => key).join(', ')})`;
}
