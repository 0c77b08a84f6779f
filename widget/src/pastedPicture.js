// Offers to attach the picture that came with a pasted text: spreadsheets and word processors copy a picture of the text along.
import loadStyles from "./lazyStyles.js";
import more from "./texts/more.js";

let offerElement;

export default function offerPicture({ actionButton, setAria, input, element, root, texts: words, website }, addFiles) {
  const texts = { ...more, ...words }, removeOffer = () => { offerElement.remove(); input.focus(); };
  offerElement?.remove();
  offerElement = setAria(element("p", "notice offer", actionButton("link", texts.attach_too, () => { removeOffer(); addFiles(); }), " ", setAria(actionButton("link", "×", removeOffer), texts.dismiss)), "", "status");
  loadStyles(root, website).then(() => input.form.before(offerElement));
}
