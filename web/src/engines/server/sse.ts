// Server-sent events out of a text stream, as the HTML standard parses them. Read with fetch, so that one stream can
// carry a token and serve many jobs.

export interface ServerEvent {
  /** Last id seen so far, for resuming. */
  id: string;
  event: string;
  data: string;
}

export class EventParser {
  private buffer = '';
  private data: string[] = [];
  private event = '';
  private lastId = '';
  private afterReturn = false;

  constructor(private readonly emit: (event: ServerEvent) => void) {}

  /** Text as it comes, cut anywhere. */
  push(text: string): void {
    // a line may end with \r\n, \n or \r; \r at the end of a piece may be half of the first
    const fresh = this.afterReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.afterReturn = text.endsWith('\r');
    const lines = (this.buffer + fresh).split(/\r\n|\n|\r/);
    this.buffer = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === '') {
      if (this.data.length > 0) {
        this.emit({ id: this.lastId, event: this.event || 'message', data: this.data.join('\n') });
      }
      this.data = [];
      this.event = '';
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment, sent to keep the connection open
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
  }
}
