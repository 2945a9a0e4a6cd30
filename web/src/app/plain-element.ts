// Components of the page live in the page's own tree, so that labels, descriptions and the style sheet reach them.
import { LitElement } from 'lit';

export class PlainElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
