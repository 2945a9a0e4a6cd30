// How an embedded study looks: ?theme=dark, and colours by name, ?accent=%23a03000&background=white. A page that holds
// <reprise-widget> itself sets the custom properties --reprise-* in its own style sheet instead.

const colours = [
  'background',
  'raised',
  'ink',
  'muted',
  'axis',
  'line',
  'grid',
  'field',
  'accent',
  'on-accent',
  'tint',
  'good',
  'bad',
];

export interface Look {
  theme: 'light' | 'dark' | null;
  /** Custom properties with their values. */
  properties: [string, string][];
}

/** `isColour` keeps everything else out of the style. */
export function readLook(query: URLSearchParams, isColour: (text: string) => boolean): Look {
  const theme = query.get('theme');
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : null,
    properties: colours.flatMap((name): [string, string][] => {
      const value = query.get(name);
      return value !== null && isColour(value) ? [[`--reprise-${name}`, value]] : [];
    }),
  };
}

export function applyLook(query: URLSearchParams, page: HTMLElement): void {
  const { theme, properties } = readLook(query, (text) => CSS.supports('color', text));
  if (theme) page.dataset['theme'] = theme;
  for (const [name, value] of properties) page.style.setProperty(name, value);
}
