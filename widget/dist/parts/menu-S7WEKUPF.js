import{a as h}from"./chunk-FJPJQZ2B.js";import{a as y}from"./chunk-HZ3DIONZ.js";import{a as f}from"./chunk-CQVCY2OI.js";function g(o){let{t:n,I:s,log:a,element:r,menu:c,N:p,request:v,root:b,m:u,website:l}=o,t={...y,...o.texts},m=i=>()=>{c.open=!1,i()},d=r("div","",h(o,"mail",i=>({type:"transcript",email:i}),()=>{d.hidden=!0,u(t.mailed)}));d.hidden=!0,a.after(d);let e={end:n("item",t.end,m(()=>{confirm(t.end_sure)&&v({type:"end"},u)})),save:n("item",t.save,m(()=>x(r,l.name,a))),mail:n("item",t.mail,m(()=>{d.hidden=!1,d.querySelector("input").focus()})),privacy:n("item",t.privacy,m(()=>{p.hidden=!p.hidden,a.scrollTop=0}))};return f(b,l).then(()=>s.append(e.end,e.save,e.mail,e.privacy)),i=>{e.end.hidden=!i||i==="closed",e.save.hidden=!i,e.mail.hidden=!i||!l.mail,e.privacy.hidden=!l.privacy}}function x(o,n,s){let a=Array.from(s.querySelectorAll(".message, .system")).map(c=>c.innerText.trim().replace(/\n+/g,`
  `)),r=o("a");r.href=URL.createObjectURL(new Blob([n+`

`+a.join(`
`)+`
`],{type:"text/plain"})),r.download=n.replace(/[^\p{L}\p{N} -]/gu,"")+".txt",r.click(),setTimeout(()=>URL.revokeObjectURL(r.href),1e4)}export{g as default};
