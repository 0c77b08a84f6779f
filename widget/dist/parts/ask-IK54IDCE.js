import{a,b}from"./chunk-IBTM2NKE.js";import"./chunk-3Z7CX2PO.js";import"./chunk-6OXUNSUC.js";export{b as address,a as subjects};
