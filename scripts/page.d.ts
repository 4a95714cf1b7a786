// What the scripts of a served page leave in the window, for the type check.

/** The page around the widgets; see page.js. */
interface MeterPage {
  adopt(): void;
  state(): "loading" | "drawing" | "ready" | "failed";
  /** When loading last went on, in ms. */
  stepped(): number;
  kernel(id: string): void;
  waiting(before: number): void;
  kernelUrl(): string;
  cell(index: number, count: number): void;
  drawing(): void;
  fail(reason?: string): void;
  stopLoading(): void;
  freeze(frozen: boolean): void;
  showNotice(
    kind: "bad" | "info" | "warn",
    title: string,
    text: string,
    action?: string,
  ): void;
  hideNotice(): void;
  go(address: string, label?: string): void;
  href(address: string): string;
}

/** Messages of the kernel protocol; see messages.js. */
interface KernelMessages {
  read(data: unknown): {
    channel: string;
    header: { msg_id: string; msg_type: string };
    part: (index: number) => string;
  } | null;
  kernelInfoRequest(id: string): ArrayBuffer;
}

/** What a page asks its server; see server.js. */
interface MeterServer {
  ask(
    url: string,
    method?: string,
  ): Promise<"ok" | "gone" | "signed out" | "full" | "not ready" | "nobody">;
  nextReload(): number | undefined;
  forgetReloads(): void;
}

interface Window {
  mwPage?: MeterPage;
  mwServer?: MeterServer;
  mwMessages?: KernelMessages;
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
