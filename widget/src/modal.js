// Keeps the chat usable while the page shows a modal dialog, which makes everything outside inert: the host is moved into the dialog, as a
// popover, so that the dialog neither clips nor moves it. Loaded when the page opens a dialog.
let openDialogs = [], timer;

export default function moveIntoDialog(dialog, host) {
  openDialogs.push(dialog);
  const update = () => {
    openDialogs = openDialogs.filter((d) => d.isConnected && d.matches(":modal"));
    const to = openDialogs[openDialogs.length - 1] || document.documentElement;
    if (host.parentNode !== to) {
      host.style.display = "none"; // until the stylesheet is loaded again
      host.popover = null;
      to.append(host);
      if (openDialogs.length) {
        host.popover = "manual";
        host.showPopover();
      }
    }
    if (!openDialogs.length) timer = clearInterval(timer);
  };
  update();
  if (openDialogs.length) timer ||= setInterval(update, 100); // there is no event when a dialog is removed
}
