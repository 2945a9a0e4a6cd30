// Entry of labs/<slug>/index.html.
import './theme.js';
import { BrowserEngine } from '../engines/browser/browser-engine.js';
import { Prober } from '../engines/browser/prober.js';
import { IndexedRunStore } from '../engines/browser/run-store.js';
import { keptIn } from '../engines/browser/task-keeper.js';
import { ServerApi } from '../engines/server/api.js';
import { ServerEngine } from '../engines/server/server-engine.js';
import { engineBuild, siteUrl } from '../engines/site.js';
import type { ServerSide } from './engine-desk.js';
import { Desk } from './engine-desk.js';
import { defineLab } from './lab-page.js';

defineLab((lab) => {
  const browser = new BrowserEngine(lab, { runs: keptIn(new IndexedRunStore(engineBuild())) });
  const server = ServerApi.discover(siteUrl('api/v1/')).then((api): ServerSide | null => {
    if (!api) return null;
    const engine = new ServerEngine(api, browser);
    return { engine, uploadBytes: (request) => engine.uploadBytes(request) };
  });
  // a failed load is told by the first run
  browser.warm().catch(() => undefined);
  const prober = new Prober(lab);
  return {
    desk: new Desk(browser, server, (file) => browser.hash(file)),
    interruptions: browser,
    probe: (study, config, name, question) => prober.probe(study, config, name, question),
  };
});
