// What the visitor reads when a run does not come to its end: what happened, what it means, what to do.
import type { RunErrorKind } from '../engines/engine.js';
import { RunError } from '../engines/engine.js';
import type { Problem } from '../model/contract.js';

export interface RunTrouble {
  kind: RunErrorKind;
  what: string;
  meaning: string;
  advice: string;
  problems: Problem[];
}

const sentences: Record<RunErrorKind, { meaning: string; advice: string }> = {
  input: {
    meaning: 'The run did not start; what you see belongs to the settings before.',
    advice: 'Change what is marked beside the controls or in your file, then run again.',
  },
  cancelled: {
    meaning: 'The figures show what was finished; the claims were not judged.',
    advice: 'Run again to complete it.',
  },
  memory: {
    meaning: 'This tab has too little memory for the run. Your settings are kept.',
    advice: 'Choose a smaller preset, or the server where there is one.',
  },
  crash: {
    meaning: 'The run has no result. Your settings are kept.',
    advice: 'Run again; if it happens again, please report it with the link to these settings.',
  },
  network: {
    meaning: 'The run has no result yet. Your settings are kept.',
    advice: 'Check your connection and run again, or choose the browser.',
  },
};

export function troubleOf(error: unknown, what?: string): RunTrouble {
  if (error === 'cancelled')
    return { kind: 'cancelled', what: what ?? 'You stopped the run.', ...sentences.cancelled, problems: [] };
  if (error instanceof RunError) {
    return { kind: error.kind, what: error.message, ...sentences[error.kind], problems: error.problems };
  }
  const said = error instanceof Error ? error.message : String(error);
  return { kind: 'crash', what: `The run stopped unexpectedly: ${said}`, ...sentences.crash, problems: [] };
}
