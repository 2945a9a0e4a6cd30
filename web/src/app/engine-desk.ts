// What the page needs of the engines: offers for a run, and the engine that was chosen. The lab page does not know
// how a browser or a server runs anything.
import type { Choice, EngineName } from '../engines/choice.js';
import { chooseEngine } from '../engines/choice.js';
import type { Engine, Prediction, RunRequest } from '../engines/engine.js';
import type { Problem } from '../model/contract.js';

export interface Offering {
  choice: Choice;
  problems: Problem[];
}

export interface EngineDesk {
  /** Both predictions, and which engine is better for this run. */
  offer(request: RunRequest, wanted: EngineName | undefined): Promise<Offering>;
  engine(name: EngineName): Engine;
  /** SHA-256 of a file, for the permalink; computed in this browser. */
  hash(file: File): Promise<string>;
}

/** Sends nothing by itself: uploads begin when a run on the server is started. */
export interface ServerSide {
  engine: Engine;
  uploadBytes(request: RunRequest): Promise<number>;
}

/** A guess until an upload has been measured. */
const uploadBytesPerSecond = 5e6;

export class Desk implements EngineDesk {
  constructor(
    private readonly browser: Engine,
    private readonly server: Promise<ServerSide | null>,
    private readonly hashFile: (file: File) => Promise<string>,
  ) {}

  private serverSide: ServerSide | null = null;

  async offer(request: RunRequest, wanted: EngineName | undefined): Promise<Offering> {
    const [here, there] = await Promise.all([this.browser.predict(request), this.serverOffer(request)]);
    const choice = chooseEngine({
      browser: here,
      server: there?.prediction ?? null,
      uploadBytes: there?.upload ?? 0,
      uploadBytesPerSecond,
      wanted,
    });
    return { choice, problems: here.problems ?? there?.prediction.problems ?? [] };
  }

  private async serverOffer(request: RunRequest): Promise<{ prediction: Prediction; upload: number } | null> {
    this.serverSide = await this.server;
    if (!this.serverSide) return null;
    const [prediction, upload] = await Promise.all([
      this.serverSide.engine.predict(request),
      this.serverSide.uploadBytes(request),
    ]);
    return { prediction, upload };
  }

  engine(name: EngineName): Engine {
    if (name === 'browser') return this.browser;
    if (!this.serverSide) throw new Error('this page has no server');
    return this.serverSide.engine;
  }

  hash(file: File): Promise<string> {
    return this.hashFile(file);
  }
}
