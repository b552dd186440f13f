"""Countries of ISO 3166-1: code, three-letter code, English and French name, other spellings.

One row per country; an indented line continues the row above it.
"""

COUNTRIES = """
AD|AND|Andorra|Andorre|Principality of Andorra
AE|ARE|United Arab Emirates|Émirats arabes unis|UAE;U.A.E.;EAU;Emirates;Dubai;Abu Dhabi;
  Emirats Arabes Unis
AF|AFG|Afghanistan|Afghanistan|Islamic Republic of Afghanistan
AG|ATG|Antigua and Barbuda|Antigua-et-Barbuda|Antigua et Barbuda
AI|AIA|Anguilla|Anguilla|
AL|ALB|Albania|Albanie|Shqipëria;Republic of Albania
AM|ARM|Armenia|Arménie|Hayastan;Republic of Armenia
AO|AGO|Angola|Angola|Republic of Angola
AQ|ATA|Antarctica|Antarctique|
AR|ARG|Argentina|Argentine|Argentine Republic
AS|ASM|American Samoa|Samoa américaines|
AT|AUT|Austria|Autriche|Österreich;Oesterreich;Republic of Austria
AU|AUS|Australia|Australie|Commonwealth of Australia;Aus
AW|ABW|Aruba|Aruba|
AX|ALA|Åland Islands|Îles Åland|Aland
AZ|AZE|Azerbaijan|Azerbaïdjan|Republic of Azerbaijan
BA|BIH|Bosnia and Herzegovina|Bosnie-Herzégovine|Bosnia;Bosnie;
  Republic of Bosnia and Herzegovina
BB|BRB|Barbados|Barbade|
BD|BGD|Bangladesh|Bangladesh|People's Republic of Bangladesh
BE|BEL|Belgium|Belgique|België;Belgie;Belgien;Kingdom of Belgium
BF|BFA|Burkina Faso|Burkina Faso|
BG|BGR|Bulgaria|Bulgarie|България;Bulgarien;Republic of Bulgaria
BH|BHR|Bahrain|Bahreïn|Kingdom of Bahrain
BI|BDI|Burundi|Burundi|Republic of Burundi
BJ|BEN|Benin|Bénin|Republic of Benin
BL|BLM|Saint Barthélemy|Saint-Barthélemy|St Barth;St Barts
BM|BMU|Bermuda|Bermudes|
BN|BRN|Brunei|Brunei|Brunei Darussalam
BO|BOL|Bolivia|Bolivie|Plurinational State of Bolivia;Bolivia, Plurinational State of
BQ|BES|Caribbean Netherlands|Pays-Bas caribéens|Bonaire, Sint Eustatius and Saba;
  Bonaire, Saint-Eustache et Saba
BR|BRA|Brazil|Brésil|Brasil;Federative Republic of Brazil
BS|BHS|Bahamas|Bahamas|The Bahamas;Commonwealth of the Bahamas
BT|BTN|Bhutan|Bhoutan|Kingdom of Bhutan
BV|BVT|Bouvet Island|Île Bouvet|
BW|BWA|Botswana|Botswana|Republic of Botswana
BY|BLR|Belarus|Biélorussie|Belorussia;Bélarus;Republic of Belarus;Biélo-Russie
BZ|BLZ|Belize|Bélize|
CA|CAN|Canada|Canada|Kanada;Can
CC|CCK|Cocos (Keeling) Islands|Îles Cocos|Cocos Islands
CD|COD|Democratic Republic of the Congo|République démocratique du Congo|DR Congo;DRC;RDC;
  Congo-Kinshasa;Zaire;Congo, The Democratic Republic of the;The Democratic Republic Of Congo
CF|CAF|Central African Republic|République centrafricaine|Centrafrique;CAR;
  République Centre-Africaine
CG|COG|Republic of the Congo|République du Congo|Congo;Congo-Brazzaville
CH|CHE|Switzerland|Suisse|Schweiz;Svizzera;Svizra;Swiss;Confédération suisse;Suiza;
  Swiss Confederation
CI|CIV|Côte d'Ivoire|Côte d'Ivoire|Ivory Coast;Cote d Ivoire;Republic of Côte d'Ivoire
CK|COK|Cook Islands|Îles Cook|
CL|CHL|Chile|Chili|Republic of Chile
CM|CMR|Cameroon|Cameroun|Republic of Cameroon
CN|CHN|China|Chine|PRC;People s Republic of China;Mainland China;République populaire de Chine;
  中国;People's Republic of China
CO|COL|Colombia|Colombie|Republic of Colombia
CR|CRI|Costa Rica|Costa Rica|Republic of Costa Rica
CU|CUB|Cuba|Cuba|Republic of Cuba
CV|CPV|Cabo Verde|Cap-Vert|Cape Verde;Republic of Cabo Verde;Cap Vert
CW|CUW|Curaçao|Curaçao|Curacao
CX|CXR|Christmas Island|Île Christmas|
CY|CYP|Cyprus|Chypre|Κύπρος;Zypern;Republic of Cyprus
CZ|CZE|Czechia|Tchéquie|Czech Republic;Česko;Česká republika;République tchèque;Tschechien;
  République Tchèque
DE|DEU|Germany|Allemagne|Deutschland;RFA;Federal Republic of Germany;Alemania;Germania
DJ|DJI|Djibouti|Djibouti|Republic of Djibouti
DK|DNK|Denmark|Danemark|Danmark;Dänemark;Kingdom of Denmark
DM|DMA|Dominica|Dominique|Commonwealth of Dominica
DO|DOM|Dominican Republic|République dominicaine|République Dominicaine
DZ|DZA|Algeria|Algérie|الجزائر;People's Democratic Republic of Algeria
EC|ECU|Ecuador|Équateur|Republic of Ecuador;Equateur
EE|EST|Estonia|Estonie|Eesti;Republic of Estonia
EG|EGY|Egypt|Égypte|مصر;Arab Republic of Egypt;Egypte
EH|ESH|Western Sahara|Sahara occidental|Sahara Occidental
ER|ERI|Eritrea|Érythrée|the State of Eritrea;Erythrée
ES|ESP|Spain|Espagne|España;Spanien;Spagna;Kingdom of Spain
ET|ETH|Ethiopia|Éthiopie|Federal Democratic Republic of Ethiopia;Ethiopie
FI|FIN|Finland|Finlande|Suomi;Finnland;Republic of Finland
FJ|FJI|Fiji|Fidji|Republic of Fiji
FK|FLK|Falkland Islands|Îles Malouines|Malvinas;Falkland Islands (Malvinas)
FM|FSM|Micronesia|Micronésie|Federated States of Micronesia;Micronesia, Federated States of
FO|FRO|Faroe Islands|Îles Féroé|
FR|FRA|France|France|French Republic;République française;France métropolitaine;Frankreich;
  Francia;Frankrijk
GA|GAB|Gabon|Gabon|Gabonese Republic
GB|GBR|United Kingdom|Royaume-Uni|UK;U.K.;Great Britain;Britain;England;Scotland;Wales;
  Northern Ireland;Angleterre;Écosse;Pays de Galles;Irlande du Nord;Grande-Bretagne;
  Vereinigtes Königreich;Reino Unido;United Kingdom of Great Britain and Northern Ireland
GD|GRD|Grenada|Grenade|
GE|GEO|Georgia|Géorgie|Sakartvelo
GF|GUF|French Guiana|Guyane française|
GG|GGY|Guernsey|Guernesey|
GH|GHA|Ghana|Ghana|Republic of Ghana
GI|GIB|Gibraltar|Gibraltar|
GL|GRL|Greenland|Groenland|
GM|GMB|Gambia|Gambie|The Gambia;Republic of the Gambia
GN|GIN|Guinea|Guinée|Republic of Guinea
GP|GLP|Guadeloupe|Guadeloupe|
GQ|GNQ|Equatorial Guinea|Guinée équatoriale|Republic of Equatorial Guinea;Guinée Equatoriale
GR|GRC|Greece|Grèce|Hellas;Ελλάδα;Greek;Griechenland;Hellenic Republic
GS|SGS|South Georgia and the South Sandwich Islands|Géorgie du Sud-et-les îles Sandwich du Sud|
  South Georgia And The South Sandwich Islands;Géorgie du Sud et îles Sandwich du Sud
GT|GTM|Guatemala|Guatemala|Republic of Guatemala
GU|GUM|Guam|Guam|
GW|GNB|Guinea-Bissau|Guinée-Bissau|Republic of Guinea-Bissau
GY|GUY|Guyana|Guyana|Republic of Guyana
HK|HKG|Hong Kong|Hong Kong|Hong Kong SAR;Hongkong;香港;
  Hong Kong Special Administrative Region of China;Hong-Kong
HM|HMD|Heard Island and McDonald Islands|Îles Heard-et-MacDonald|
  Heard Island And McDonald Islands;Île Heard et îles McDonald
HN|HND|Honduras|Honduras|Republic of Honduras
HR|HRV|Croatia|Croatie|Hrvatska;Kroatien;Republic of Croatia
HT|HTI|Haiti|Haïti|Republic of Haiti
HU|HUN|Hungary|Hongrie|Magyarország;Ungarn
ID|IDN|Indonesia|Indonésie|Indonésie;Republic of Indonesia
IE|IRL|Ireland|Irlande|Éire;Republic of Ireland;République d Irlande;Eire
IL|ISR|Israel|Israël|ישראל;State of Israel
IM|IMN|Isle of Man|Île de Man|Isle Of Man;Ile de Man
IN|IND|India|Inde|Bharat;Republic of India
IO|IOT|British Indian Ocean Territory|Territoire britannique de l'océan Indien|
  Territoires britanniques de l'Océan Indien
IQ|IRQ|Iraq|Irak|Republic of Iraq
IR|IRN|Iran|Iran|Iran, Islamic Republic of;Islamic Republic of Iran
IS|ISL|Iceland|Islande|Ísland;Republic of Iceland
IT|ITA|Italy|Italie|Italia;Italien;Italian Republic
JE|JEY|Jersey|Jersey|
JM|JAM|Jamaica|Jamaïque|
JO|JOR|Jordan|Jordanie|Hashemite Kingdom of Jordan
JP|JPN|Japan|Japon|日本;Nippon
KE|KEN|Kenya|Kenya|Republic of Kenya
KG|KGZ|Kyrgyzstan|Kirghizistan|Kirghizistan;Kirgizstan;Kyrgyz Republic
KH|KHM|Cambodia|Cambodge|Kingdom of Cambodia
KI|KIR|Kiribati|Kiribati|Republic of Kiribati
KM|COM|Comoros|Comores|Union of the Comoros
KN|KNA|Saint Kitts and Nevis|Saint-Christophe-et-Niévès|St Kitts and Nevis;Saint Kitts And Nevis
KP|PRK|North Korea|Corée du Nord|DPRK;Democratic People s Republic of Korea;Korea (North);
  Korea, Democratic People's Republic of;Democratic People's Republic of Korea
KR|KOR|South Korea|Corée du Sud|Korea;Republic of Korea;Korea, Republic of;Korea (South);Corée;
  République de Corée;대한민국
KW|KWT|Kuwait|Koweït|State of Kuwait;Koweit
KY|CYM|Cayman Islands|Îles Caïmans|
KZ|KAZ|Kazakhstan|Kazakhstan|Казахстан;Republic of Kazakhstan
LA|LAO|Laos|Laos|Lao PDR;Lao People s Democratic Republic;Lao People's Democratic Republic
LB|LBN|Lebanon|Liban|Lebanese Republic
LC|LCA|Saint Lucia|Sainte-Lucie|St Lucia
LI|LIE|Liechtenstein|Liechtenstein|Principality of Liechtenstein
LK|LKA|Sri Lanka|Sri Lanka|Democratic Socialist Republic of Sri Lanka
LR|LBR|Liberia|Liberia|Republic of Liberia
LS|LSO|Lesotho|Lesotho|Kingdom of Lesotho
LT|LTU|Lithuania|Lituanie|Lietuva;Republic of Lithuania;Lithuanie
LU|LUX|Luxembourg|Luxembourg|Lëtzebuerg;Luxemburg;Grand-Duché de Luxembourg;
  Grand Duchy of Luxembourg
LV|LVA|Latvia|Lettonie|Latvija;Republic of Latvia
LY|LBY|Libya|Libye|
MA|MAR|Morocco|Maroc|المغرب;Kingdom of Morocco
MC|MCO|Monaco|Monaco|Principality of Monaco
MD|MDA|Moldova|Moldavie|Republic of Moldova;Moldova, Republic of
ME|MNE|Montenegro|Monténégro|Crna Gora
MF|MAF|Saint Martin|Saint-Martin|Saint Martin (French part)
MG|MDG|Madagascar|Madagascar|Republic of Madagascar
MH|MHL|Marshall Islands|Îles Marshall|Republic of the Marshall Islands
MK|MKD|North Macedonia|Macédoine du Nord|Macedonia;FYROM;Macédoine;Republic of North Macedonia
ML|MLI|Mali|Mali|Republic of Mali
MM|MMR|Myanmar|Myanmar|Burma;Birmanie;Republic of Myanmar
MN|MNG|Mongolia|Mongolie|
MO|MAC|Macao|Macao|Macau;Macao SAR;Macao Special Administrative Region of China
MP|MNP|Northern Mariana Islands|Îles Mariannes du Nord|
  Commonwealth of the Northern Mariana Islands
MQ|MTQ|Martinique|Martinique|
MR|MRT|Mauritania|Mauritanie|Islamic Republic of Mauritania
MS|MSR|Montserrat|Montserrat|
MT|MLT|Malta|Malte|Malta;Republic of Malta
MU|MUS|Mauritius|Maurice|Republic of Mauritius
MV|MDV|Maldives|Maldives|Republic of Maldives
MW|MWI|Malawi|Malawi|Republic of Malawi
MX|MEX|Mexico|Mexique|México;Mejico;United Mexican States
MY|MYS|Malaysia|Malaisie|Malaisie
MZ|MOZ|Mozambique|Mozambique|Republic of Mozambique
NA|NAM|Namibia|Namibie|Republic of Namibia
NC|NCL|New Caledonia|Nouvelle-Calédonie|
NE|NER|Niger|Niger|République du Niger;Republic of the Niger
NF|NFK|Norfolk Island|Île Norfolk|
NG|NGA|Nigeria|Nigeria|Federal Republic of Nigeria;Nigéria
NI|NIC|Nicaragua|Nicaragua|Republic of Nicaragua
NL|NLD|Netherlands|Pays-Bas|Nederland;Holland;Hollande;The Netherlands;Niederlande;
  Kingdom of the Netherlands
NO|NOR|Norway|Norvège|Norge;Noreg;Norwegen;Kingdom of Norway
NP|NPL|Nepal|Népal|Federal Democratic Republic of Nepal
NR|NRU|Nauru|Nauru|Republic of Nauru
NU|NIU|Niue|Niue|
NZ|NZL|New Zealand|Nouvelle-Zélande|Aotearoa
OM|OMN|Oman|Oman|Sultanate of Oman
PA|PAN|Panama|Panama|Republic of Panama
PE|PER|Peru|Pérou|Perú;Republic of Peru
PF|PYF|French Polynesia|Polynésie française|Polynésie Française
PG|PNG|Papua New Guinea|Papouasie-Nouvelle-Guinée|Independent State of Papua New Guinea
PH|PHL|Philippines|Philippines|The Philippines;Pilipinas;Republic of the Philippines
PK|PAK|Pakistan|Pakistan|Islamic Republic of Pakistan
PL|POL|Poland|Pologne|Polska;Polen;Republic of Poland
PM|SPM|Saint Pierre and Miquelon|Saint-Pierre-et-Miquelon|St Pierre and Miquelon;
  Saint Pierre And Miquelon
PN|PCN|Pitcairn|Pitcairn|
PR|PRI|Puerto Rico|Porto Rico|
PS|PSE|Palestine|Palestine|Palestinian Territories;State of Palestine;the State of Palestine
PT|PRT|Portugal|Portugal|Portugal Continental;Portuguese Republic
PW|PLW|Palau|Palaos|Republic of Palau;Belau
PY|PRY|Paraguay|Paraguay|Republic of Paraguay
QA|QAT|Qatar|Qatar|State of Qatar
RE|REU|Réunion|La Réunion|Reunion Island;Île de la Réunion;Reunion
RO|ROU|Romania|Roumanie|România;Rumänien
RS|SRB|Serbia|Serbie|Srbija;Србија;Republic of Serbia
RU|RUS|Russia|Russie|Russian Federation;Россия;Fédération de Russie
RW|RWA|Rwanda|Rwanda|Rwandese Republic
SA|SAU|Saudi Arabia|Arabie saoudite|KSA;Kingdom of Saudi Arabia;Arabie Saoudite
SB|SLB|Solomon Islands|Îles Salomon|
SC|SYC|Seychelles|Seychelles|Republic of Seychelles
SD|SDN|Sudan|Soudan|Republic of the Sudan
SE|SWE|Sweden|Suède|Sverige;Schweden;Kingdom of Sweden
SG|SGP|Singapore|Singapour|Singapura;Republic of Singapore
SH|SHN|Saint Helena|Sainte-Hélène|Ascension;Tristan da Cunha;
  Saint Helena, Ascension and Tristan da Cunha
SI|SVN|Slovenia|Slovénie|Slovenija;Republic of Slovenia
SJ|SJM|Svalbard and Jan Mayen|Svalbard et Jan Mayen|Svalbard And Jan Mayen
SK|SVK|Slovakia|Slovaquie|Slovensko;Slovak Republic;République slovaque
SL|SLE|Sierra Leone|Sierra Leone|Republic of Sierra Leone
SM|SMR|San Marino|Saint-Marin|Republic of San Marino
SN|SEN|Senegal|Sénégal|Republic of Senegal
SO|SOM|Somalia|Somalie|Federal Republic of Somalia
SR|SUR|Suriname|Suriname|Republic of Suriname
SS|SSD|South Sudan|Soudan du Sud|South Sudan;Republic of South Sudan;Sud-Soudan
ST|STP|São Tomé and Príncipe|Sao Tomé-et-Principe|Sao Tome;Sao Tome and Principe;
  Democratic Republic of Sao Tome and Principe;Sao Tome And Principe;Sao Tomé et Principe
SV|SLV|El Salvador|Salvador|Republic of El Salvador
SX|SXM|Sint Maarten|Saint-Martin (partie néerlandaise)|Sint Maarten (Dutch part)
SY|SYR|Syria|Syrie|Syrian Arab Republic
SZ|SWZ|Eswatini|Eswatini|Swaziland;Kingdom of Eswatini
TC|TCA|Turks and Caicos Islands|Îles Turques-et-Caïques|Turks And Caicos Islands;
  Îles Turks et Caicos
TD|TCD|Chad|Tchad|Republic of Chad
TF|ATF|French Southern Territories|Terres australes françaises|Territoires Français du Sud
TG|TGO|Togo|Togo|Togolese Republic
TH|THA|Thailand|Thaïlande|ประเทศไทย;Kingdom of Thailand
TJ|TJK|Tajikistan|Tadjikistan|Republic of Tajikistan
TK|TKL|Tokelau|Tokelau|
TL|TLS|Timor-Leste|Timor oriental|East Timor;Democratic Republic of Timor-Leste
TM|TKM|Turkmenistan|Turkménistan|
TN|TUN|Tunisia|Tunisie|تونس;Republic of Tunisia
TO|TON|Tonga|Tonga|Kingdom of Tonga
TR|TUR|Turkey|Turquie|Türkiye;Turkiye;Türkei;Republic of Türkiye
TT|TTO|Trinidad and Tobago|Trinité-et-Tobago|Trinidad;Trinidad & Tobago;
  Republic of Trinidad and Tobago
TV|TUV|Tuvalu|Tuvalu|
TW|TWN|Taiwan|Taïwan|Taiwan, Province of China;臺灣;台湾
TZ|TZA|Tanzania|Tanzanie|United Republic of Tanzania;Tanzania, United Republic of
UA|UKR|Ukraine|Ukraine|Україна
UG|UGA|Uganda|Ouganda|Republic of Uganda
UM|UMI|United States Minor Outlying Islands|Îles mineures éloignées des États-Unis|
  Dépendances américaines du Pacifique
US|USA|United States|États-Unis|United States of America;U.S.;U.S.A.;America;Amérique;
  Etats-Unis d Amérique;Vereinigte Staaten;Estados Unidos;Stati Uniti;Etats-Unis
UY|URY|Uruguay|Uruguay|Eastern Republic of Uruguay
UZ|UZB|Uzbekistan|Ouzbékistan|Republic of Uzbekistan
VA|VAT|Vatican City|Vatican|Holy See;Saint-Siège;Holy See (Vatican City State)
VC|VCT|Saint Vincent and the Grenadines|Saint-Vincent-et-les-Grenadines|
  St Vincent and the Grenadines;Saint Vincent And The Grenadines;Saint-Vincent-et-les Grenadines
VE|VEN|Venezuela|Venezuela|Bolivarian Republic of Venezuela;Venezuela, Bolivarian Republic of;
  Vénézuela
VG|VGB|British Virgin Islands|Îles Vierges britanniques|Virgin Islands, British;
  Iles Vierges Britanniques
VI|VIR|U.S. Virgin Islands|Îles Vierges américaines|Virgin Islands, U.S.;
  Virgin Islands of the United States;Iles Vierges Américaines
VN|VNM|Vietnam|Viêt Nam|Viet Nam;Socialist Republic of Viet Nam
VU|VUT|Vanuatu|Vanuatu|Republic of Vanuatu
WF|WLF|Wallis and Futuna|Wallis-et-Futuna|Wallis And Futuna
WS|WSM|Samoa|Samoa|Independent State of Samoa
YE|YEM|Yemen|Yémen|Republic of Yemen
YT|MYT|Mayotte|Mayotte|
ZA|ZAF|South Africa|Afrique du Sud|RSA;Südafrika;Republic of South Africa
ZM|ZMB|Zambia|Zambie|Republic of Zambia
ZW|ZWE|Zimbabwe|Zimbabwe|Republic of Zimbabwe
"""
