// Entry of index.html.
import './theme.js';
import './catalogue-page.js';
