import{a,b}from"./chunk-K525HNBB.js";import"./chunk-CRQYXY6S.js";export{b as address,a as subjects};
