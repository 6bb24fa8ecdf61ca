const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Service names of the published systems that are also words of ordinary sentences. */
export const ordinaryNames = words(
  "rate user users search profile recommendation recommendations reservation review reviews order orders payment payments cart checkout email product shipping ad ads currency news food station route price seat config auth admin test home text media login travel train contacts notification security delivery assurance basic inside cancel rebook execute preserve consign verification account api web app gateway cache queue database db worker store log logs metrics",
);

/** Those that are verbs too: "search for errors", "order the pods". */
export const verbsOfNames = words(
  "search profile order route rate review price cancel execute preserve test store log",
);

/** What follows "in" or "with" in talk about operations without being a service. */
export const ordinaryWords = words(
  "the a an this that these those it its them they us our my your his her their there here what which who why how when where all any anything everything something some no not none each every other another both either more most much many few less same such only also just very really " +
    "production prod staging dev test qa cluster clusters namespace region regions zone node nodes host hosts system systems app apps application applications environment env infra infrastructure network backend platform site website log logs trace traces metric metrics span spans dashboard dashboards graph graphs alert alerts monitoring telemetry data traffic load requests request response responses latency memory cpu disk io throughput errors error failures failure timeouts timeout exceptions exception warnings warning status code codes state service services microservice pod pods container containers instance instances deployment deployments release users customers clients client customer user general particular detail details total average mind progress place case cases parallel time times terms response order front back " +
    "been being be is are was were has have had do does did done can could would should will may might must broke broken break failing failed fail slow down up off on out over wrong bad good high low new old many lot lots kubernetes docker k8s redis kafka http https grpc tcp dns ssl tls connection connections calls call please help so and or but if then than as by to from of at into onto with without about after before since until during between " +
    "der die das den dem ein eine einen einem einer und oder nicht ist sind war waren was wer wie wo warum produktion system le la les un une des est sont el los las una es que pour pas non",
);
