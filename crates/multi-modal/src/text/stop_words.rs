//! Words that carry grammar and no topic, for the languages met most often.

/// Whether there is a list for an ISO 639-3 code.
pub(super) fn known(code: &str) -> bool {
    list(code).is_some()
}

/// Whether a lower-case word carries no topic in the language.
pub(super) fn contains(code: &str, word: &str) -> bool {
    list(code).is_some_and(|list| list.split_ascii_whitespace().any(|stop| stop == word))
}

fn list(code: &str) -> Option<&'static str> {
    Some(match code {
        "eng" => {
            "a about above after again against all also am an and any are as at be because been before being below \
             between both but by can cannot could did do does doing don't down during each either even ever every few \
             for from further get gets got had has have having he her here hers herself him himself his how however i \
             if in into is isn't it it's its itself just let like made make makes many may me might more most much \
             must my myself no nor not now of off often on once one only or other our ours out over own per quite \
             rather same shall she should since so some such than that the their theirs them themselves then there \
             these they this those through to too under until up upon us use used uses using very was we well were \
             what when where whether which while who whom whose why will with within without would yet you your yours"
        }
        "deu" => {
            "aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist da \
             dabei dadurch damit dann das dass dein dem den denn der deren des dessen deshalb die dies diese diesem \
             diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas euch euer für ganz \
             gegen geht hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist \
             jede jedem jeden jeder jedes jedoch jetzt kann kein keine können könnte machen man mehr mein meine mich \
             mir mit muss müssen nach nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seit \
             sich sie sind so soll sollte sondern sonst über um und uns unser unter viel vom von vor war waren was weg \
             weil weiter welche wenn wer werden wie wieder will wir wird wo wurde wurden würde zu zum zur zwar zwischen"
        }
        "fra" => {
            "à ai alors au aucun aussi autre aux avait avant avec avoir bien c'est car ce cela ces cet cette ceux \
             chaque chez comme comment d'un d'une dans de depuis des deux donc dont du elle elles en encore entre est \
             et étaient était été être eu fait faire fois font ici il ils je l'on la le les leur leurs lorsque lui ma \
             mais même mes moi moins mon ne ni nos notre nous on ont ou où par parce pas peu peut plus pour pourquoi \
             qu'il qu'un quand que quel quelle qui sa sans se sera ses si son sont sous sur ta tes toi ton tous tout \
             toute toutes très tu un une vers voir vos votre vous y"
        }
        "spa" => {
            "a al algo algunas algunos ante antes aquí así aunque bajo bien cada como con contra cual cuando de del \
             desde donde dos durante e el él ella ellas ellos en entre era eran es esa ese eso esta está están estas \
             este esto estos fue fueron ha había han hasta hay la las le les lo los más me mi mientras mis mucho muy \
             nada ni no nos nosotros nuestra nuestro o os otra otro otros para pero poco por porque pues que qué quien \
             se sea ser si sí sido sin sobre son su sus también tan tanto te tiene tienen todo todos tu tus un una uno \
             unos usted y ya yo"
        }
        "ita" => {
            "a ad ai al alla alle anche ancora avere aveva c'è che chi ci come con contro cui da dagli dai dal dalla \
             dei del della delle di dopo dove e è ed era erano essere fa fra gli ha hanno i il in io l'ha la le lei lo \
             loro lui ma mi mia mio molto ne negli nei nel nella no noi non nostra nostro o ogni per perché però più \
             poi quando quanto quella quelle quello questa queste questi questo se sei si sia sono su sua sue sugli \
             sul sulla suo tra tu tutti tutto un una uno vi voi"
        }
        "por" => {
            "a ao aos as até com como da das de dela dele depois do dos e é ela elas ele eles em entre era essa esse \
             esta está este eu foi foram há isso isto já lhe mais mas me mesmo meu minha muito na nas nem no nos nós \
             nossa nosso num numa o onde os ou para pela pelas pelo pelos por porque qual quando que quem são se sem \
             ser seu seus só sua suas também te tem têm tinha tu um uma você"
        }
        "nld" => {
            "aan al alles als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een en er ge \
             geen haar had heb hebben heeft hem het hier hij hoe hun iemand iets ik in is ja je kan kon kunnen maar me \
             meer men met mij mijn moet na naar niet niets nog nu of om omdat onder ons ook op over reeds te tegen toch \
             toen tot u uit uw van veel voor want waren was wat werd wezen wie wil worden wordt zal ze zelf zich zij \
             zijn zo zonder zou"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar_is_stopped_and_topics_are_not() {
        assert!(contains("eng", "the") && contains("deu", "und") && contains("fra", "très"));
        assert!(!contains("eng", "protocol") && !contains("xyz", "the"));
        assert!(known("ita") && !known("jpn"));
    }
}
