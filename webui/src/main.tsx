// Starts the application: the reader's language first, then who they are.

import { render } from 'preact';
import { App } from './app';
import { language, load } from './i18n';
import { follow } from './route';
import './style/base.css';
import './style/parts.css';
import './style/views.css';

void load(language.get()).then(() => {
  document.addEventListener('click', follow);
  render(<App />, document.getElementById('app')!);
});
