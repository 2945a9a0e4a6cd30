// A page without a face: the engines, for tests to drive.
import { BrowserEngine } from '../../web/src/engines/browser/browser-engine.js';
import { Prober } from '../../web/src/engines/browser/prober.js';
import { IndexedRunStore } from '../../web/src/engines/browser/run-store.js';
import { keptIn } from '../../web/src/engines/browser/task-keeper.js';
import { chooseEngine } from '../../web/src/engines/choice.js';
import type { Engine, RunListener, RunRequest } from '../../web/src/engines/engine.js';
import { RunError } from '../../web/src/engines/engine.js';
import { ServerApi } from '../../web/src/engines/server/api.js';
import { ServerEngine } from '../../web/src/engines/server/server-engine.js';
import { engineBuild, siteUrl } from '../../web/src/engines/site.js';

/** Runs to the end and tells what was heard on the way; errors come back as values. */
async function outcome(engine: Engine, request: RunRequest, afterProgress?: (count: number) => void) {
  const heard = { progress: 0, snapshots: 0, lastFraction: 0, partialClaims: [] as string[] };
  const started = performance.now();
  const listener: RunListener = {
    progress({ fraction }) {
      heard.progress += 1;
      heard.lastFraction = fraction;
      afterProgress?.(heard.progress);
    },
    snapshot(report) {
      heard.snapshots += 1;
      heard.partialClaims = report.claims.map(({ status }) => status);
    },
  };
  const handle = engine.start(request, listener);
  const seconds = (): number => (performance.now() - started) / 1000;
  const ended = handle.result.then(
    ({ text }) => ({ text, error: null, seconds: seconds(), heard }),
    (error: unknown) => {
      if (!(error instanceof RunError)) throw error;
      const { kind, message, problems } = error;
      return { text: '', error: { kind, message, problems }, seconds: seconds(), heard };
    },
  );
  return { handle, ended };
}

/** Where the lab page keeps the finished tasks of its runs. */
function pageKeeping() {
  return keptIn(new IndexedRunStore(engineBuild()));
}

const tools = {
  BrowserEngine,
  IndexedRunStore,
  Prober,
  ServerApi,
  ServerEngine,
  chooseEngine,
  pageKeeping,
  siteUrl,
  outcome,
};
declare global {
  interface Window {
    reprise: typeof tools;
  }
}
window.reprise = tools;
document.documentElement.dataset['ready'] = 'yes';
