var a=/^ {0,3}[-*•] +(.+)$/,b=/^ {0,3}\d{1,3}[.)] +(.+)$/;function d(g,r,u){let l=[],n=g.split(`
`),c=[],h=()=>{l.push(...u(c.join(`
`).replace(/^\n+|\n+$/g,""))),c=[]};for(let e=0;e<n.length;e++){let i=(t,o)=>{if(!o(n[e]))return!1;h();let s=[];for(let f;e<n.length&&(f=o(n[e]));e++)s.push(...f);return e--,l.push(r(t,"",...s)),!0},p=t=>o=>{let s=t.exec(o);return s&&[r("li","",...u(s[1]))]};if(n[e].startsWith("```")){let t=e+1;for(;t<n.length&&!n[t].startsWith("```");)t++;if(t<n.length){h(),l.push(r("pre","",n.slice(e+1,t).join(`
`))),e=t;continue}}i("ul",p(a))||i("ol",p(b))||i("blockquote",t=>t[0]===">"&&[...u(t.slice(1).replace(/^ /,"")),`
`])||c.push(n[e])}return h(),l}export{d as default};
