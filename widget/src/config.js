// The settings that the launcher passes to the panel, and the texts in the visitor's language.
import { fillIn } from "./dom.js";
import english from "./texts/en.js";

export const chat = window.parleyChat, launcherButton = chat.button, badge = launcherButton.lastChild;
export let lang = chat.lang;
export let root, base, key, storagePrefix, website, texts;
export let locale; // of dates and numbers
export let greeting; // {text, status}

// Returns the page's address without secrets. The server removes the same (the org package's host.go).
export const pageAddress = () => location.href.replace(/([?&#/;][\w.-]*(token|secret|passw\w*|code|session|key)=)[^&#]*/gi, "$1");

// Returns the address of one of the server's endpoints.
export const endpoint = (name) => base + "/widget/v1/" + name + "?key=" + encodeURIComponent(key);

// Returns why the server has refused something, in the visitor's language where there is a text for the reason.
export const refusalText = (refused) => fillIn(texts["no_" + refused.reason] || refused.message || "", refused);

// Takes the launcher's settings and loads the texts and the greeting.
export async function configure(settings) {
  ({ root, base, key, storagePrefix, website } = settings);
  try { Intl.getCanonicalLocales(lang); } catch { lang = "en"; }
  const [words, greetingModule] = await Promise.all([website.words && import(base + website.words).catch(() => 0), website.greetings && import("./greeting.js")]);
  texts = { ...english, ...words?.default, ...website.texts };
  locale = words || /^en\b/i.test(lang) ? lang : "en";
  greeting = greetingModule ? greetingModule.default(website, new Date(), location.pathname) : { text: website.greeting };
}
