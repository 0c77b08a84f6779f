import{a,b}from"./chunk-G6I6SVCF.js";import"./chunk-CSUZ4G4K.js";import"./chunk-6OXUNSUC.js";export{b as address,a as subjects};
