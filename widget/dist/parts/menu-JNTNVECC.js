import{b as v}from"./chunk-4OAOKRVX.js";import{a as y}from"./chunk-XNQXAYSU.js";import{a as f}from"./chunk-6OXUNSUC.js";function L(a){let{act:t,items:s,log:d,make:i,menu:l,privacy:p,request:h,root:x,say:u,website:c}=a,r={...y,...a.texts},m=n=>()=>{l.open=!1,n()},o=i("div","",v(a,"mail",n=>({type:"transcript",email:n}),()=>{o.hidden=!0,u(r.mailed)}));o.hidden=!0,d.after(o);let e={end:t("item",r.end,m(()=>{confirm(r.end_sure)&&h({type:"end"},u)})),save:t("item",r.save,m(()=>b(i,c.name,d))),mail:t("item",r.mail,m(()=>{o.hidden=!1,o.querySelector("input").focus()})),privacy:t("item",r.privacy,m(()=>{p.hidden=!p.hidden,d.scrollTop=0}))};return f(x,c).then(()=>s.append(e.end,e.save,e.mail,e.privacy)),n=>{e.end.hidden=!n||n==="closed",e.save.hidden=!n,e.mail.hidden=!n||!c.mail,e.privacy.hidden=!c.privacy}}function b(a,t,s){let d=Array.from(s.querySelectorAll(".message, .system")).map(l=>l.innerText.trim().replace(/\n+/g,`
  `)),i=a("a");i.href=URL.createObjectURL(new Blob([t+`

`+d.join(`
`)+`
`],{type:"text/plain"})),i.download=t.replace(/[^\p{L}\p{N} -]/gu,"")+".txt",i.click(),setTimeout(()=>URL.revokeObjectURL(i.href),1e4)}export{L as default};
