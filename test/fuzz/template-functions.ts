// Table: the template functions that the fuzzer calls, each with the shapes of its arguments; longer than a file should be,
// because it is one list.
//
//   S text   Z small number (a size: large ones would ask for gigabytes)   N number   B bool   L list   D dict
//   T time   A anything   P pattern   Y layout   V version   J JSON text   * any number of what stands before it
//
// Not in it, though both sides have them: what is random or asks the clock (rand*, shuffle, uuidv4, now, ago, gen*, bcrypt,
// encryptAES), what costs a second (derivePassword), and `htpasswd`, which External Secrets Operator's copy of Sprig gives a third
// argument (the oracle has Sprig 3.3.0, which agrees on every other function of the vectors). Of the operator's own functions the
// oracle has toYaml and fromYaml; the others need its source, and are covered by the vectors.

const TABLE = `
upper S,lower S,title S,untitle S,trim S,trunc ZS,substr ZZS,abbrev ZS,abbrevboth ZZS,nospace S,initials S,swapcase S,snakecase S
camelcase S,kebabcase S,wrap ZS,wrapWith ZSS,repeat ZS,indent ZS,nindent ZS,replace SSS,trimAll SS,trimall SS,trimPrefix SS
trimSuffix SS,contains SS,hasPrefix SS,hasSuffix SS,plural SSZ,quote A*,squote A*,cat A*,toString A,hello
b64enc S,b64dec S,b32enc S,b32dec S,sha1sum S,sha256sum S,sha512sum S,adler32sum S
print A*,println A*,html A*,js A*,urlquery A*,len A,not A,and AA*,or AA*,eq AA*,ne AA,lt NN,le NN,gt NN,ge NN,index AA*,slice LZZ
toJson A,toPrettyJson A,toRawJson A,mustToJson A,mustToPrettyJson A,mustToRawJson A,fromJson J,mustFromJson J,toYaml A,fromYaml J
join SA,base S,dir S,clean S,ext S,isAbs S,osBase S,osDir S,osClean S,osExt S,osIsAbs S
regexMatch PS,mustRegexMatch PS,regexFind PS,regexFindAll PSZ,mustRegexFindAll PSZ,regexReplaceAll PSR,mustRegexReplaceAll PSR
regexReplaceAllLiteral PSR,regexSplit PSZ,mustRegexSplit PSZ,regexQuoteMeta S
date YT,date_in_zone YTW,dateInZone YTW,htmlDate T,htmlDateInZone TW,date_modify ST,dateModify ST,mustDateModify ST,toDate YS
mustToDate YS,unixEpoch T,duration N,durationRound N
typeOf A,typeIs SA,typeIsLike SA,kindOf A,kindIs SA,deepEqual AA,default AA,empty A,coalesce A*,all A*,any A*,ternary AAB,fail S
deepCopy A,mustDeepCopy A
add N*,add1 N,sub NN,mul NN*,div NN,mod NN,addf N*,add1f N,subf NN*,mulf NN*,divf NN*,max NN*,biggest NN*,min NN*,maxf NN*,minf NN*
floor N,ceil N,round NZ,int A,int64 A,float64 A,atoi S,toDecimal A,seq Z*,until Z,untilStep ZZZ
list A*,tuple A*,first L,last L,rest L,initial L,reverse L,uniq L,without LA*,has AL,append LA,push LA,prepend LA,concat LL*
compact L,chunk ZL,sortAlpha L,toStrings A,split SS,splitList SS,splitn SZS,mustFirst L,mustLast L,mustRest L,mustInitial L
mustReverse L,mustUniq L,mustWithout LA,mustHas AL,mustAppend LA,mustPush LA,mustPrepend LA,mustCompact L,mustChunk ZL,mustSlice LZ
dict SASA,dict SA,get DS,set DSA,unset DS,hasKey DS,pluck SD*,keys D,values D,pick DS*,omit DS*,merge DD*,mergeOverwrite DD*
mustMerge DD,mustMergeOverwrite DD,dig SSAD,dig SAD
semver V,semverCompare CV,urlParse S,urlJoin D
`

export interface TemplateFunction {
  readonly name: string
  /** One letter an argument. */
  readonly shapes: string
  readonly isVariadic: boolean
}

export const TEMPLATE_FUNCTIONS: readonly TemplateFunction[] = TABLE.trim()
  .split(/[\n,]/)
  .map((entry) => {
    const [name = '', shapes = ''] = entry.split(' ')
    return { name, shapes: shapes.replace('*', ''), isVariadic: shapes.endsWith('*') }
  })
