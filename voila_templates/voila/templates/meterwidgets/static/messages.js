// Messages of the kernel protocol "v1.kernel.websocket.jupyter.org", as they go over the
// socket. connection.js uses them.
"use strict";

window.mwMessages = (() => {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();

  /**
   * Read a message of the kernel protocol: 8 bytes for the count of offsets, 8 for each.
   * @param {unknown} data
   */
  function readMessage(data) {
    if (!(data instanceof ArrayBuffer) || data.byteLength < 56) return null;
    const view = new DataView(data);
    /** @param {number} index */
    const part = (index) => {
      const at = (/** @type {number} */ i) =>
        Number(view.getBigUint64(8 * (i + 1), true));
      return decoder.decode(new Uint8Array(data, at(index), at(index + 1) - at(index)));
    };
    return { channel: part(0), header: JSON.parse(part(1)), part };
  }

  /** A question to which every session has an answer. @param {string} id */
  function kernelInfoRequest(id) {
    const header = {
      msg_id: id,
      msg_type: "kernel_info_request",
      session: "mw-probe",
      username: "",
      date: new Date().toISOString(),
      version: "5.3",
    };
    const parts = ["shell", JSON.stringify(header), "{}", "{}", "{}"];
    const bytes = parts.map((part) => encoder.encode(part));
    const size = 8 * (parts.length + 2);
    const offsets = [size];
    for (const part of bytes) offsets.push((offsets.at(-1) ?? 0) + part.length);
    const message = new Uint8Array(offsets.at(-1) ?? 0);
    const view = new DataView(message.buffer);
    view.setBigUint64(0, BigInt(offsets.length), true);
    offsets.forEach((offset, i) => {
      view.setBigUint64(8 * (i + 1), BigInt(offset), true);
    });
    bytes.forEach((part, i) => {
      message.set(part, offsets[i]);
    });
    return message.buffer;
  }

  return { read: readMessage, kernelInfoRequest };
})();
