import{a}from"./chunk-6OXUNSUC.js";var x=/^ {0,3}[-*•] +(.+)$/,y=/^ {0,3}\d{1,3}[.)] +(.+)$/;async function $(g,r,u,d,b){await a(d,b);let o=[],n=g.split(`
`),c=[],i=()=>{o.push(...u(c.join(`
`).replace(/^\n+|\n+$/g,""))),c=[]};for(let e=0;e<n.length;e++){let h=(t,l)=>{if(!l(n[e]))return!1;i();let s=[];for(let f;e<n.length&&(f=l(n[e]));e++)s.push(...f);return e--,o.push(r(t,"",...s)),!0},p=t=>l=>{let s=t.exec(l);return s&&[r("li","",...u(s[1]))]};if(n[e].startsWith("```")){let t=e+1;for(;t<n.length&&!n[t].startsWith("```");)t++;if(t<n.length){i(),o.push(r("pre","",n.slice(e+1,t).join(`
`))),e=t;continue}}h("ul",p(x))||h("ol",p(y))||h("blockquote",t=>t[0]===">"&&[...u(t.slice(1).replace(/^ /,"")),`
`])||c.push(n[e])}return i(),o}export{$ as default};
