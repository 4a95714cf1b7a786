// The filter dialog: a draft of the user's choices that nobody else changes.
// What arrives from the kernel refills the draft only until the first edit.

/**
 * @typedef {{from_date: string, to_date: string, start_time: string,
 *   end_time: string, zone: string, cost_type: string, currency: string,
 *   currencies: string[], filters: FilterList[], min_date: string, max_date: string,
 *   default_range: Partial<FormFields>, step: number, subtitle: string,
 *   is_open: boolean}} DialogState
 * @typedef {FormFields & {filters: Map<string, Set<string>>}} Draft
 * @typedef {Partial<FormFields> & {preset?: string, clear?: string,
 *   filters?: Record<string, string[]>}} FilterRequest
 */

/** Return the filters in force as a new draft. @param {AnyModel<DialogState>} model */
function readDraft(model) {
  /** @param {FilterList} filter @returns {[string, Set<string>]} */
  const ticked = ({ key, values = [] }) => [
    key,
    new Set(values.filter((value) => value.selected).map((value) => value.id)),
  ];
  return {
    from: model.get("from_date"),
    to: model.get("to_date"),
    start_time: model.get("start_time"),
    end_time: model.get("end_time"),
    zone: model.get("zone"),
    cost_type: model.get("cost_type"),
    currency: model.get("currency"),
    filters: new Map(model.get("filters").map(ticked)),
  };
}

/**
 * Make the dialog's frame: its header and footer stay, its body scrolls.
 * @param {FilterForm} form
 * @param {{close: () => void, reset: () => void}} actions
 */
function makeDialogFrame(form, { close, reset }) {
  const subtitle = h("span", { class: "mw-subtitle" });
  const x = h("button", {
    type: "button",
    class: "mw-x",
    "aria-label": "Close filters",
    on: { click: close },
  });
  x.append(icon("M4 4l8 8M12 4l-8 8"));
  const title = h("h2", { class: "mw-title", text: "Filters" });
  const head = h("div", { class: "mw-dialog-head" }, title, subtitle, x);
  const bones = skeleton("mw-dialog-bones", 8);
  const body = h("div", { class: "mw-dialog-body" });
  body.append(form.range, bones, form.lists, form.options);
  const status = h("p", { class: "mw-dialog-status", "aria-live": "polite" });
  const clear = h("button", { type: "button", class: "mw-button", text: "Reset" });
  listen(clear, { click: reset });
  const primary = { type: "submit", class: "mw-button mw-primary" };
  const apply = h("button", { ...primary, text: "Apply" });
  const foot = h("div", { class: "mw-dialog-foot" }, status, clear, apply);
  const kind = { class: "mw-dialog-form", novalidate: "" };
  const name = { role: "dialog", "aria-label": "Filters", popover: "auto" };
  const node = h("div", { class: "mw-dialog", ...name });
  node.append(h("form", kind, head, body, foot));
  return { node, subtitle, bones, body, status, apply };
}

/** Keep Tab inside while the dialog is open. @param {HTMLElement} node */
function trapFocus(node) {
  listen(node, {
    keydown: (event) => {
      if (event.key !== "Tab") return;
      /** @type {NodeListOf<HTMLInputElement | HTMLButtonElement | HTMLSelectElement>} */
      const controls = node.querySelectorAll("button, input, select");
      const focusable = [...controls].filter(
        (control) => !control.disabled && control.tabIndex >= 0 && control.offsetParent,
      );
      const [first, last] = [focusable[0], focusable.at(-1)];
      if (document.activeElement !== (event.shiftKey ? first : last)) return;
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    },
  });
}

/**
 * Place the dialog below the button, inside the window.
 * @param {HTMLElement} node @param {HTMLElement} button
 */
function placeDialog(node, button) {
  const anchor = button.getBoundingClientRect();
  const height = window.innerHeight;
  const top = Math.max(8, Math.min(anchor.bottom + 8, height - 420));
  const right = Math.max(8, document.documentElement.clientWidth - anchor.right);
  node.style.setProperty("--mw-top", `${top}px`);
  node.style.setProperty("--mw-right", `${right}px`);
  node.style.setProperty("--mw-room", `${height - top - 16}px`);
}

/**
 * Show a draft in the form.
 * @param {FilterForm} form @param {Draft} draft @param {AnyModel<DialogState>} model
 */
function fillForm(form, draft, model) {
  const { fields } = form;
  for (const name of /** @type {(keyof typeof fields)[]} */ (Object.keys(fields))) {
    const { input } = fields[name];
    if (input.value !== draft[name]) input.value = draft[name] ?? "";
  }
  for (const { input } of [fields.from, fields.to]) {
    setAttribute(input, "min", model.get("min_date") || null);
    setAttribute(input, "max", model.get("max_date") || null);
  }
  for (const { input } of [fields.start_time, fields.end_time])
    setAttribute(input, "step", model.get("step"));
  fillZones(form.zone, draft.zone);
  setVisible(form.hint, /^00:00/.test(draft.end_time));
  setText(form.error, rangeError(draft));
  setVisible(form.error, Boolean(rangeError(draft)));
  form.costType.update(COST_TYPES, draft.cost_type);
  const currencies = model.get("currencies");
  const options = currencies.map((key) => ({ key, label: key }));
  form.currency.update(options, draft.currency);
  setVisible(form.currencyGroup, currencies.length > 1);
}

/** Return how many filters a draft sets, in words. @param {Draft} draft */
function describeDraft(draft) {
  const narrowed = [...draft.filters.values()].filter((ticked) => ticked.size).length;
  const count = narrowed + (draft.cost_type === "both" ? 0 : 1);
  if (!count) return "Nothing selected: all usage is shown";
  return `${count} filter${count === 1 ? "" : "s"}`;
}

/**
 * @param {{model: AnyModel<DialogState>, signal: AbortSignal, button: HTMLElement,
 *   request: (request: FilterRequest) => void}} context
 */
function makeDialog({ model, signal, button, request }) {
  /** @type {Draft} */
  let draft = readDraft(model);
  let edited = false;
  /** @param {() => void} change */
  const edit = (change) => {
    change();
    edited = true;
    draw();
  };
  const form = makeForm((name) => (value) => {
    edit(() => {
      draft[name] = value;
    });
  });
  const close = () => frame.node.hidePopover();
  const reset = () =>
    edit(() => {
      for (const ticked of draft.filters.values()) ticked.clear();
      Object.assign(draft, { cost_type: "both" }, model.get("default_range"));
    });
  const frame = makeDialogFrame(form, { close, reset });
  /** @param {string} key @param {string} id @param {boolean} isTicked */
  const tick = (key, id, isTicked) =>
    edit(() => {
      const ticked = draft.filters.get(key);
      if (isTicked) ticked?.add(id);
      else ticked?.delete(id);
    });
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    if (rangeError(draft)) return;
    const { filters, ...fields } = draft;
    const ids = Object.fromEntries(
      [...filters].map(([key, ticked]) => [key, [...ticked]]),
    );
    request(filters.size ? { ...fields, filters: ids } : fields);
    close();
  };
  /** @param {ToggleEvent} event */
  const toggle = (event) => {
    const isNowOpen = event.newState === "open";
    setAttribute(button, "aria-expanded", isNowOpen);
    if (isNowOpen !== model.get("is_open")) send(model, { is_open: isNowOpen });
  };
  listen(frame.node, { submit, toggle });
  trapFocus(frame.node);
  const isOpen = () => frame.node.matches(":popover-open");
  const follow = () => {
    if (isOpen()) placeDialog(frame.node, button);
  };
  window.addEventListener("resize", follow, { signal });
  document.addEventListener("scroll", follow, { signal, capture: true, passive: true });

  function open() {
    edited = false;
    draft = readDraft(model);
    placeDialog(frame.node, button);
    if (!isOpen()) frame.node.showPopover();
    draw();
    frame.body.scrollTop = 0;
    form.fields.from.input.focus();
  }
  function draw() {
    const filters = model.get("filters");
    for (const { key } of filters)
      if (!draft.filters.has(key)) draft.filters.set(key, new Set());
    fillForm(form, draft, model);
    frame.apply.disabled = Boolean(rangeError(draft));
    renderItems(
      form.lists,
      filters,
      () => makeFilterList(tick),
      (parts, filter) =>
        patchFilterList(parts, filter, draft.filters.get(filter.key) ?? new Set()),
    );
    setVisible(frame.bones, !filters.length);
    setText(frame.subtitle, model.get("subtitle"));
    setText(frame.status, describeDraft(draft));
  }
  function update() {
    if (model.get("is_open") !== isOpen() && frame.node.isConnected) {
      if (model.get("is_open")) open();
      else close();
    }
    if (!isOpen()) return;
    if (edited) adoptNewLists();
    else draft = readDraft(model);
    draw();
  }
  /** Take the ticks of lists that came after the first edit. */
  function adoptNewLists() {
    for (const [key, ticked] of readDraft(model).filters)
      if (!draft.filters.has(key)) draft.filters.set(key, ticked);
  }
  return { node: frame.node, open, update, isOpen };
}
