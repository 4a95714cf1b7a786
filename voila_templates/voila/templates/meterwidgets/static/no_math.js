// Stands in for MathJax, which would be a megabyte and would set "$5 and $7" as a
// formula: Voila's typesetter calls these and nothing happens.
"use strict";

window.MathJax = {
  Ajax: {},
  Hub: { Config() {}, Configured() {}, Queue() {}, Register: { StartupHook() {} } },
};
