// Entry of embed/<lab>/<study>/index.html: one study for somebody else's page. It computes in the reader's browser.
import { BrowserEngine } from '../engines/browser/browser-engine.js';
import { Desk } from './engine-desk.js';
import { applyLook } from './widget-look.js';
import { defineWidget } from './widget-element.js';

applyLook(new URLSearchParams(location.search), document.documentElement);
defineWidget((lab) => {
  const browser = new BrowserEngine(lab);
  browser.warm().catch(() => undefined);
  return new Desk(browser, Promise.resolve(null), (file) => browser.hash(file));
});
