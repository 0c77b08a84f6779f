// Takes a picture of the page and asks before it is sent. It is shown on a canvas, because the page's policy may forbid images from blobs.
import captureView from "./screenshotCapture.js";

export default async function confirmScreenshot({ actionButton, element }, { host, panelElement, texts, then }) {
  const blob = await captureView(host), picture = await createImageBitmap(blob);
  const canvas = element("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", texts.shot);
  const sendButton = actionButton("send", texts.send, () => { dialog.remove(); then(blob); });
  const dialog = element("div", "sheet", element("p", "", texts.shot_ask), canvas, element("div", "row", sendButton, actionButton("link", texts.cancel, () => { dialog.remove(); then(); })));
  panelElement.append(dialog);
  sendButton.focus();
}
