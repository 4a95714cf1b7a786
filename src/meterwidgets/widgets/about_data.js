// AboutData: a button with the number of notes, and a popover that lists them.
// In a dashboard the button stands behind the range; the notes stay at the end of the
// page, where they are printed.

/**
 * @typedef {{title: string, notes: string[]}} NoteGroup
 * @typedef {{title: string, groups: NoteGroup[]}} State
 */

function makeParts() {
  const expands = { "aria-haspopup": "dialog", "aria-expanded": "false" };
  const kind = { type: "button", class: "mw-button mw-about-button" };
  const label = h("span");
  const button = h("button", { ...kind, ...expands });
  button.append(
    icon("M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Z", "M8 7.2v4M8 4.7v.1"),
  );
  button.append(label);
  const heading = h("h2", { class: "mw-title", tabindex: "-1" });
  const x = h("button", { type: "button", class: "mw-x", "aria-label": "Close notes" });
  x.append(icon("M4 4l8 8M12 4l-8 8"));
  const head = h("div", { class: "mw-about-head" }, heading, x);
  const list = h("div", { class: "mw-about-groups" });
  const none = h("p", { class: "mw-about-none", text: "Nothing to note." });
  // A reader scrolls long notes by keyboard, too.
  const body = h("div", { class: "mw-about-body", tabindex: "0", role: "group" });
  body.append(list, none);
  const kindOfDialog = { class: "mw-about-dialog", role: "dialog", popover: "auto" };
  const dialog = h("div", kindOfDialog, head, body);
  return { button, label, heading, x, list, none, body, dialog };
}

function makeGroup() {
  const title = h("h3", { class: "mw-about-title" });
  const list = h("ul", { class: "mw-about-list" });
  return { node: h("section", {}, title, list), title, list };
}

/** @param {ReturnType<typeof makeGroup>} parts @param {NoteGroup} group */
function patchGroup(parts, group) {
  setText(parts.title, group.title);
  setVisible(parts.title, Boolean(group.title));
  const notes = group.notes.map((text) => ({ text }));
  const make = () => ({ node: h("li", { dir: "auto" }) });
  renderItems(parts.list, notes, make, ({ node }, { text }) => setText(node, text));
}

/**
 * Place the dialog below its button, inside the window.
 * @param {HTMLElement} dialog @param {HTMLElement} button
 */
function placeAbout(dialog, button) {
  const anchor = button.getBoundingClientRect();
  const room = { x: document.documentElement.clientWidth, y: window.innerHeight };
  const top = Math.max(8, Math.min(anchor.bottom + 8, room.y - 280));
  const left = Math.max(8, Math.min(anchor.left, room.x - dialog.offsetWidth - 8));
  dialog.style.setProperty("--mw-top", `${top}px`);
  dialog.style.setProperty("--mw-left", `${left}px`);
  dialog.style.setProperty("--mw-room", `${room.y - top - 8}px`);
}

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  const parts = makeParts();
  const { button, dialog } = parts;
  const home = h("div", { class: "mw-about-home" }, button);
  el.classList.add("mw-about-data");
  el.append(home, dialog);
  button.popoverTargetElement = dialog;
  // In a dashboard there is a place for the button behind the range.
  const findSlot = () =>
    el.isConnected && el.closest(".mw-page")?.querySelector(".mw-about-slot");
  const isPlaced = () => el.isConnected && !el.closest(".mw-page");
  whenFound(
    () => findSlot() || (isPlaced() && home),
    signal,
    (slot) => slot !== home && slot.append(button),
  );
  signal.addEventListener("abort", () => button.remove());

  const isOpen = () => dialog.matches(":popover-open");
  const follow = () => {
    if (isOpen()) placeAbout(dialog, button);
  };
  listen(parts.x, { click: () => dialog.hidePopover() });
  listen(dialog, {
    toggle: (event) => {
      const opened = event.newState === "open";
      setAttribute(button, "aria-expanded", opened);
      if (opened) {
        follow();
        parts.body.scrollTop = 0;
        parts.heading.focus({ preventScroll: true });
        return;
      }
      const focused = document.activeElement;
      if (!focused || focused === document.body) button.focus();
    },
  });
  window.addEventListener("resize", follow, { signal });
  document.addEventListener("scroll", follow, { signal, capture: true, passive: true });

  return function update() {
    const title = model.get("title");
    const groups = model.get("groups");
    const count = groups.reduce((sum, group) => sum + group.notes.length, 0);
    setText(parts.label, count ? `${title} (${count})` : title);
    setText(parts.heading, title);
    setAttribute(dialog, "aria-label", title);
    setAttribute(parts.body, "aria-label", "Notes");
    renderItems(parts.list, groups, makeGroup, patchGroup);
    setVisible(parts.none, !count);
  };
}

export default view(build);
