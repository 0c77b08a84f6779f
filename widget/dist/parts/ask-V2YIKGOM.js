import{a,b}from"./chunk-RDBUVN3Z.js";import"./chunk-663IOPFF.js";import"./chunk-6OXUNSUC.js";export{b as address,a as subjects};
