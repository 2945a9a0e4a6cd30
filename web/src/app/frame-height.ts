// An embedded study tells the page around its frame how high it is, so that it needs no scroll bar of its own:
//   {type: "reprise:height", study: "lab/study", height: 812}   by postMessage to the parent, whenever it changes
// The message holds nothing secret, so it goes to whoever embeds. docs/embed.md describes it.

export interface HeightMessage {
  type: 'reprise:height';
  study: string;
  /** CSS pixels. */
  height: number;
}

export function tellHeight(study: string, body: HTMLElement): void {
  if (window.parent === window) return;
  let told = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(body.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    window.parent.postMessage({ type: 'reprise:height', study, height } satisfies HeightMessage, '*');
  }).observe(body);
}
