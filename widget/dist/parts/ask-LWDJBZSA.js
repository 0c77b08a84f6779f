import{a,b}from"./chunk-5L5Y5KJX.js";import"./chunk-WTUTI6VI.js";export{b as address,a as subjects};
