import{a,b}from"./chunk-4OAOKRVX.js";import"./chunk-XNQXAYSU.js";import"./chunk-6OXUNSUC.js";export{b as address,a as subjects};
