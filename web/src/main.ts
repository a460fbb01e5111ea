import { mount } from 'svelte';
import App from './app/App.svelte';
import './app/base.css';
import { kept, preferences } from './app/preferences.svelte';
import { view } from './app/view.svelte';
import { firstLanguage, i18n } from './i18n/index.svelte';

preferences.start();
const asked = view.start(location.search);
i18n.language = firstLanguage(asked.language, kept('language'), navigator.languages);

const target = document.getElementById('app');
if (target) mount(App, { target, props: { wanted: asked.scenario } });
