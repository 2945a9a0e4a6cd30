// What a lecturer pastes into a page of their own.

function attribute(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);
}

export function embedCode(title: string, address: string): string {
  return `<iframe src="${attribute(address)}" title="${attribute(title)}"
  width="100%" height="720" loading="lazy" style="border:0"></iframe>`;
}
