import{a,b}from"./chunk-HXKI5YHN.js";import"./chunk-56MDTKL3.js";import"./chunk-6OXUNSUC.js";export{b as address,a as subjects};
