// The panel's functions, elements and settings by their names, for parts that are loaded when they are used, and for modules that
// conversation.js itself imports. It is filled once, before the panel is shown.
//
// Loaded parts do not import the panel's modules: the bundler would then split these off, and a page would load two files instead of one.
export const context = {};
