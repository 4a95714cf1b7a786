// What the scripts of a served page leave in the window, for the type check.

/** The page around the widgets; see page.js. */
interface MeterPage {
  adopt(): void;
  kernel(id: string): void;
  waiting(before: number): void;
  cell(index: number, count: number): void;
  drawing(): void;
  fail(reason?: string): void;
  go(address: string, label?: string): void;
  href(address: string): string;
}

interface Window {
  mwPage?: MeterPage;
  /** Set by Voilà when the theme is loaded. */
  themeLoaded?: boolean;
  /** Called by Voilà when its theme is in place. */
  voila_finish?: () => void;
  MathJax?: object;
}

interface DocumentEventMap {
  /** The user went back or forward to an address. */
  "mw-visit": CustomEvent<string>;
}
