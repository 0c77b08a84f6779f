// A form for the visitor's e-mail address, loaded with the parts that have one.
import loadStyles from "./lazyStyles.js";
import more from "./texts/more.js";

// Creates a form that asks for an e-mail address. why is the name of the text above it; frame makes the frame to send from the address; done
// is called once the server has accepted it.
export default function emailForm({ setAria, element, request, root, texts: words, website }, why, frame, done) {
  const texts = { ...more, ...words }, email = setAria(element("input"), texts.address), problem = setAria(element("small"), "", "alert");
  email.type = "email";
  email.required = true;
  email.autocomplete = "email";
  email.placeholder = texts.address;
  const form = element("form", "contact", element("p", "", texts[why]), email, element("button", "send", texts.send), problem);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    problem.textContent = "";
    request(frame(email.value.trim()), (refused) => { problem.textContent = refused; if (!refused) done(); });
  });
  form.hidden = true; // until the styles are loaded
  loadStyles(root, website).then(() => { form.hidden = false; });
  return form;
}
