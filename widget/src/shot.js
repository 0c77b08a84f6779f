// A picture of the page, loaded when it is wanted. What would be sent is shown first: drawn, because a page's policy may forbid images
// of its own making.
import capture from "./capture.js";

export default async function shot({ act, make }, { host, box, texts, then }) {
  const blob = await capture(host), picture = await createImageBitmap(blob);
  const c = make("canvas");
  c.width = picture.width;
  c.height = picture.height;
  c.getContext("2d").drawImage(picture, 0, 0);
  c.setAttribute("role", "img");
  c.setAttribute("aria-label", texts.shot);
  const yes = act("send", texts.send, () => { sheet.remove(); then(blob); });
  const sheet = make("div", "sheet", make("p", "", texts.shot_ask), c, make("div", "row", yes, act("link", texts.cancel, () => { sheet.remove(); then(); })));
  box.append(sheet);
  yes.focus();
}
