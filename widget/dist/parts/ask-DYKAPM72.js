import{a,b}from"./chunk-RABW6ZE5.js";import"./chunk-WOT6VMZA.js";export{b as address,a as subjects};
