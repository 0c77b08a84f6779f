// What the launcher hands over, once in a page, and the words to say.
import { fill } from "./make.js";
import english from "./texts/en.js";

export const chat = window.parleyChat, button = chat.button, badge = button.lastChild;
export let lang = chat.lang;
export let root, base, key, stored, website, texts;
export let speaks; // the language of times and numbers
export let opening; // greeting and status

// The page's address, without what is a secret in it. The server leaves the same away (app/domain/org/hosts.go).
export const address = () => location.href.replace(/([?&#/;][\w.-]*(token|secret|passw\w*|code|session|key)=)[^&#]*/gi, "$1");

export const call = (name) => base + "/widget/v1/" + name + "?key=" + encodeURIComponent(key);

// Why the server refuses something: in the widget's language, where it has words for it.
export const why = (refused) => fill(texts["no_" + refused.reason] || refused.message || "", refused);

export async function take(given) {
  ({ root, base, key, stored, website } = given);
  try { Intl.getCanonicalLocales(lang); } catch { lang = "en"; }
  const [words, greet] = await Promise.all([website.words && import(base + website.words).catch(() => 0), website.greetings && import("./greet.js")]);
  texts = { ...english, ...words?.default, ...website.texts };
  speaks = words || /^en\b/i.test(lang) ? lang : "en";
  opening = greet ? greet.default(website, new Date(), location.pathname) : { text: website.greeting };
}
