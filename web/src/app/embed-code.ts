// What a lecturer pastes into a page of their own: the frame, and a listener that makes it as high as its content
// (frame-height.ts). One listener serves every frame of the page; without it a frame scrolls.

function attribute(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);
}

export function embedCode(title: string, address: string): string {
  return `<iframe src="${attribute(address)}" title="${attribute(title)}"
  width="100%" height="720" loading="lazy" style="border:0"></iframe>
<script>
  addEventListener('message', ({ data, source }) => {
    if (data?.type !== 'reprise:height') return;
    for (const frame of document.querySelectorAll('iframe'))
      if (frame.contentWindow === source) frame.height = data.height;
  });
</script>`;
}
