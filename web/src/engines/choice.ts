// Browser or server: the faster one that fits, and why, in one sentence. Pure: predictions in, choice out.
import { formatBytes, formatSeconds } from '../model/format.js';
import type { Prediction } from './engine.js';

export type EngineName = 'browser' | 'server';

export interface Offer {
  name: EngineName;
  /** Computing and waiting and, for the server, sending the inputs; null: impossible. */
  seconds: number | null;
  /** "≈ 1.2 s", "≈ 0.3 s (2 jobs ahead)" or why it is impossible. */
  text: string;
}

export interface Choice {
  engine: EngineName | null;
  /** One sentence. */
  reason: string;
  offers: Offer[];
}

export interface ChoiceQuestion {
  browser: Prediction;
  /** null: this page has no server. */
  server: Prediction | null;
  /** Bytes that the server does not have yet. */
  uploadBytes: number;
  uploadBytesPerSecond: number;
  /** The visitor's wish. */
  wanted?: EngineName | undefined;
}

/** Below this gain, what is computed here stays here. */
const worthSending = 0.5;

function offerOf(name: EngineName, prediction: Prediction, upload: number): Offer {
  if (prediction.seconds === null) return { name, seconds: null, text: prediction.reason || 'not possible' };
  const seconds = prediction.seconds + upload;
  const notes: string[] = [];
  if (prediction.queue > 0)
    notes.push(`${prediction.queue} ${prediction.queue === 1 ? 'job' : 'jobs'} ahead`);
  if (upload >= 0.1) notes.push(`${formatSeconds(upload)} to send your data`);
  const extra = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  return { name, seconds, text: `≈ ${formatSeconds(seconds)}${extra}` };
}

export function chooseEngine(question: ChoiceQuestion): Choice {
  const { browser, server, uploadBytes, uploadBytesPerSecond, wanted } = question;
  const upload = uploadBytes > 0 ? uploadBytes / Math.max(uploadBytesPerSecond, 1) : 0;
  const here = offerOf('browser', browser, 0);
  const offers = server ? [here, offerOf('server', server, upload)] : [here];
  const there = offers[1];

  const wish = offers.find(({ name }) => name === wanted);
  if (wish && wish.seconds !== null) return { engine: wish.name, reason: 'You chose it.', offers };
  const lost = wish ? `The ${wish.name} cannot run this: ${wish.text}. ` : '';

  if (here.seconds === null && (!there || there.seconds === null)) {
    const why = there ? `${here.text}; the server: ${there.text}` : here.text;
    return {
      engine: null,
      reason: `This run ${isNeed(here.text) ? '' : 'is not possible: '}${why}.`,
      offers,
    };
  }
  if (here.seconds === null) {
    const reason = isNeed(here.text) ? `It ${here.text}` : `The browser cannot run it: ${here.text}`;
    return { engine: 'server', reason: `${lost}${reason}.`, offers };
  }
  if (!there) return { engine: 'browser', reason: `${lost}This page has no server.`, offers };
  if (there.seconds === null) {
    return { engine: 'browser', reason: lost || `The server cannot run it: ${there.text}.`, offers };
  }
  const gain = here.seconds - there.seconds;
  if (gain > Math.max(worthSending, 0.2 * here.seconds)) {
    const times = here.seconds / Math.max(there.seconds, 1e-3);
    const reason = `The server is ${times >= 1.95 ? `${Math.round(times)} times as fast` : 'faster'}.`;
    return { engine: 'server', reason: lost + reason, offers };
  }
  const reason =
    gain <= 0
      ? upload >= 0.1 && there.seconds - upload < here.seconds
        ? `Sending ${formatBytes(uploadBytes)} would take longer than it saves.`
        : 'The browser is at least as fast.'
      : 'The server would hardly be faster.';
  return { engine: 'browser', reason: lost + reason, offers };
}

/** "needs 6 GB; this tab has 2 GB" continues a sentence. */
function isNeed(text: string): boolean {
  return text.startsWith('needs ');
}
