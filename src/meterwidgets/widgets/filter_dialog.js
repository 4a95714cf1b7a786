// The filter dialog: a draft of the reader's choices that nobody else touches.
// What arrives from the kernel refills the draft only until the first edit.

/** What the kernel says is in force, as a fresh draft. */
function readDraft(model) {
  const dims = new Map();
  for (const dim of model.get("dims")) {
    const chosen = (dim.values ?? []).filter((value) => value.selected);
    dims.set(dim.key, new Set(chosen.map((value) => value.id)));
  }
  const names = ["start_time", "end_time", "zone", "cost_type", "currency"];
  const plain = Object.fromEntries(names.map((name) => [name, model.get(name)]));
  return { ...plain, from: model.get("from_date"), to: model.get("to_date"), dims };
}

/** The dialog's frame: header and footer stay, the body scrolls. */
function makeFrame(form, { close, reset }) {
  const subtitle = h("span", { class: "mw-subtitle" });
  const x = h("button", {
    type: "button",
    class: "mw-x",
    "aria-label": "Close filters",
  });
  x.append(icon("M4 4l8 8M12 4l-8 8"));
  listen(x, { click: close });
  const title = h("h2", { class: "mw-title", text: "Filters" });
  const head = h("div", { class: "mw-dialog-head" }, title, subtitle, x);
  const bones = skeleton("mw-dialog-bones", 8);
  const body = h(
    "div",
    { class: "mw-dialog-body" },
    form.when,
    bones,
    form.dims,
    form.last,
  );
  const status = h("p", { class: "mw-dialog-status", "aria-live": "polite" });
  const clear = h("button", { type: "button", class: "mw-button", text: "Reset" });
  const apply = h("button", {
    type: "submit",
    class: "mw-button mw-primary",
    text: "Apply",
  });
  listen(clear, { click: reset });
  const foot = h("div", { class: "mw-dialog-foot" }, status, clear, apply);
  const all = h("form", { class: "mw-dialog-form", novalidate: "" }, head, body, foot);
  const name = { role: "dialog", "aria-label": "Filters", popover: "auto" };
  const node = h("div", { class: "mw-dialog", ...name }, all);
  return { node, subtitle, bones, body, status, apply };
}

/** Keep Tab inside while the dialog is open. */
function trapFocus(node) {
  listen(node, {
    keydown: (event) => {
      if (event.key !== "Tab") return;
      const all = [...node.querySelectorAll("button, input, select")].filter(
        (item) => !item.disabled && item.tabIndex >= 0 && item.offsetParent,
      );
      const edge = event.shiftKey ? all[0] : all.at(-1);
      if (document.activeElement !== edge) return;
      event.preventDefault();
      (event.shiftKey ? all.at(-1) : all[0]).focus();
    },
  });
}

/** Stand below the button, inside the window. */
function place(node, button) {
  const at = button.getBoundingClientRect();
  const tall = window.innerHeight;
  const top = Math.max(8, Math.min(at.bottom + 8, tall - 420));
  const right = Math.max(8, document.documentElement.clientWidth - at.right);
  node.style.setProperty("--mw-top", `${top}px`);
  node.style.setProperty("--mw-right", `${right}px`);
  node.style.setProperty("--mw-room", `${tall - top - 16}px`);
}

/** @param {{model: AnyModel, signal: AbortSignal, button: HTMLElement}} ctx */
function makeDialog({ model, signal, button, send }) {
  let draft = readDraft(model);
  let touched = false;
  const change = (name, value) => {
    draft[name] = value;
    touched = true;
    draw();
  };
  const edit = (name) => (event) => change(name, event.target.value);
  const form = makeForm(edit, (name) => (value) => change(name, value));
  const close = () => frame.node.hidePopover();
  const reset = () => {
    for (const chosen of draft.dims.values()) chosen.clear();
    Object.assign(draft, { cost_type: "both" }, model.get("default_range"));
    touched = true;
    draw();
  };
  const frame = makeFrame(form, { close, reset });
  const pickValue = (key, box) => {
    const chosen = draft.dims.get(key);
    if (box.checked) chosen.add(box.dataset.id);
    else chosen.delete(box.dataset.id);
    touched = true;
    draw();
  };
  const submit = (event) => {
    event.preventDefault();
    if (wrongRange(draft)) return;
    const { dims, ...rest } = draft;
    const lists = [...dims].map(([key, chosen]) => [key, [...chosen]]);
    send(lists.length ? { ...rest, dims: Object.fromEntries(lists) } : rest);
    close();
  };
  const toggled = (event) => {
    const open = event.newState === "open";
    attr(button, "aria-expanded", open);
    if (open === model.get("is_open")) return;
    model.set("is_open", open);
    model.save_changes();
  };
  listen(frame.node, { submit, toggle: toggled });
  trapFocus(frame.node);
  const follow = () => isOpen() && place(frame.node, button);
  window.addEventListener("resize", follow, { signal });
  document.addEventListener("scroll", follow, { signal, capture: true, passive: true });
  const isOpen = () => frame.node.matches(":popover-open");

  function open(first = form.inputs.from.input) {
    touched = false;
    draft = readDraft(model);
    place(frame.node, button);
    if (!isOpen()) frame.node.showPopover();
    draw();
    frame.body.scrollTop = 0;
    first.focus();
  }
  function draw() {
    for (const [name, { input }] of Object.entries(form.inputs))
      if (input.value !== draft[name]) input.value = draft[name] ?? "";
    for (const name of ["from", "to"]) {
      attr(form.inputs[name].input, "min", model.get("min_date") || null);
      attr(form.inputs[name].input, "max", model.get("max_date") || null);
    }
    for (const name of ["start_time", "end_time"])
      attr(form.inputs[name].input, "step", model.get("step"));
    fillZones(form.zone, draft.zone);
    drawRest();
  }
  function drawRest() {
    const dims = model.get("dims");
    for (const dim of dims)
      if (!draft.dims.has(dim.key)) draft.dims.set(dim.key, new Set());
    show(form.hint, /^00:00/.test(draft.end_time));
    const wrong = wrongRange(draft);
    put(form.wrong, wrong);
    show(form.wrong, Boolean(wrong));
    frame.apply.disabled = Boolean(wrong);
    const items = dims.map((dim) => ({ ...dim, values: dim.values ?? [] }));
    const patch = (node, dim) => patchDimension(node, dim, draft.dims.get(dim.key));
    keyed(form.dims, items, () => makeDimension(pickValue), patch);
    show(frame.bones, !dims.length);
    form.side.update(SIDES, draft.cost_type);
    const kinds = model.get("currencies");
    form.money.update(
      kinds.map((key) => ({ key, label: key })),
      draft.currency,
    );
    show(form.moneyGroup, kinds.length > 1);
    put(frame.subtitle, model.get("subtitle"));
    const narrowed = [...draft.dims.values()].filter((chosen) => chosen.size).length;
    const n = narrowed + (draft.cost_type === "both" ? 0 : 1);
    const all = "Nothing selected: all usage is shown";
    put(frame.status, n ? `${n} filter${n === 1 ? "" : "s"}` : all);
  }
  function update() {
    if (model.get("is_open") !== isOpen() && frame.node.isConnected) {
      if (model.get("is_open")) open();
      else close();
    }
    if (!isOpen()) return;
    if (!touched) draft = readDraft(model);
    else adopt();
    draw();
  }
  /** A list that came after the first edit still brings its own choice. */
  function adopt() {
    const fresh = readDraft(model).dims;
    for (const [key, chosen] of fresh)
      if (!draft.dims.has(key)) draft.dims.set(key, chosen);
  }
  return { node: frame.node, open, close, update, isOpen };
}
