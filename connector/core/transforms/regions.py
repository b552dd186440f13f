"""Regions of ISO 3166-2 where leads are routed by them: code, name, other spellings."""

REGIONS = """
AT-1=Burgenland | AT-2=Kärnten;Carinthia;Carinthie
AT-3=Niederösterreich;Lower Austria;Basse-Autriche
AT-4=Oberösterreich;Upper Austria;Haute-Autriche | AT-5=Salzburg;Salzbourg
AT-6=Steiermark;Styria;Styrie | AT-7=Tirol;Tyrol | AT-8=Vorarlberg | AT-9=Wien;Vienna;Vienne
AU-ACT=Australian Capital Territory | AU-NSW=New South Wales | AU-NT=Northern Territory
AU-QLD=Queensland | AU-SA=South Australia | AU-TAS=Tasmania | AU-VIC=Victoria
AU-WA=Western Australia
BE-BRU=Brussels Hoofdstedelijk Gewest;Brussels;Bruxelles;Brussel;Brussels-Capital
BE-VLG=Vlaams Gewest;Flanders;Flandre;Vlaanderen | BE-WAL=Région wallonne;Wallonia;Wallonie
BE-VAN=Antwerpen | BE-VBR=Vlaams-Brabant | BE-VLI=Limburg | BE-VOV=Oost-Vlaanderen
BE-VWV=West-Vlaanderen | BE-WBR=Brabant wallon | BE-WHT=Hainaut | BE-WLG=Liège | BE-WLX=Luxembourg
BE-WNA=Namur
CA-AB=Alberta | CA-BC=British Columbia;BC;Colombie-Britannique | CA-MB=Manitoba
CA-NB=New Brunswick;Nouveau-Brunswick
CA-NL=Newfoundland and Labrador;Terre-Neuve-et-Labrador;Newfoundland
CA-NS=Nova Scotia;Nouvelle-Écosse | CA-NT=Northwest Territories;Territoires du Nord-Ouest
CA-NU=Nunavut | CA-ON=Ontario | CA-PE=Prince Edward Island;PEI;Île-du-Prince-Édouard
CA-QC=Quebec;Québec | CA-SK=Saskatchewan | CA-YT=Yukon
CH-AG=Aargau;Argovie | CH-AI=Appenzell Innerrhoden | CH-AR=Appenzell Ausserrhoden
CH-BE=Bern;Berne | CH-BL=Basel-Landschaft | CH-BS=Basel-Stadt;Basel;Bâle;Bâle-Ville
CH-FR=Fribourg;Freiburg | CH-GE=Genève;Geneva;Genf
CH-GL=Glarus | CH-GR=Graubünden;Grisons;Grigioni
CH-JU=Jura | CH-LU=Luzern;Lucerne | CH-NE=Neuchâtel;Neuenburg | CH-NW=Nidwalden | CH-OW=Obwalden
CH-SG=Sankt Gallen;St. Gallen;St-Gall;Saint-Gall | CH-SH=Schaffhausen;Schaffhouse
CH-SO=Solothurn;Soleure | CH-SZ=Schwyz | CH-TG=Thurgau;Thurgovie | CH-TI=Ticino;Tessin | CH-UR=Uri
CH-VD=Vaud;Waadt | CH-VS=Valais;Wallis | CH-ZG=Zug;Zoug | CH-ZH=Zürich;Zurich
DE-BB=Brandenburg;Brandebourg | DE-BE=Berlin
DE-BW=Baden-Württemberg;Baden Württemberg;Bade-Wurtemberg | DE-BY=Bayern;Bavaria;Bavière
DE-HB=Bremen;Brême | DE-HE=Hessen;Hesse | DE-HH=Hamburg;Hambourg
DE-MV=Mecklenburg-Vorpommern;Mecklenburg-Western Pomerania;Mecklembourg-Poméranie-Occidentale
DE-NI=Niedersachsen;Lower Saxony;Basse-Saxe
DE-NW=Nordrhein-Westfalen;North Rhine-Westphalia;NRW;Rhénanie-du-Nord-Westphalie
DE-RP=Rheinland-Pfalz;Rhineland-Palatinate;Rhénanie-Palatinat
DE-SH=Schleswig-Holstein;Schleswig Holstein | DE-SL=Saarland;Sarre | DE-SN=Sachsen;Saxony;Saxe
DE-ST=Sachsen-Anhalt;Saxony-Anhalt;Saxe-Anhalt | DE-TH=Thüringen;Thuringia;Thuringe
ES-AN=Andalucía;Andalusia;Andalousie | ES-AR=Aragón | ES-AS=Asturias
ES-CB=Cantabria | ES-CL=Castilla y León | ES-CM=Castilla-La Mancha | ES-CN=Canarias
ES-CT=Catalunya;Catalonia;Catalogne;Cataluña | ES-EX=Extremadura | ES-GA=Galicia
ES-IB=Illes Balears | ES-MC=Murcia | ES-MD=Madrid
ES-NC=Navarra;Navarre;Nafarroa | ES-PV=País Vasco;Euskal Herria;Basque Country;Pays basque;Euskadi
ES-RI=La Rioja | ES-VC=Comunidad Valenciana;Valencia
FR-20R=Corse;Corsica | FR-ARA=Auvergne-Rhône-Alpes;AURA | FR-BFC=Bourgogne-Franche-Comté
FR-BRE=Bretagne;Brittany | FR-CVL=Centre-Val de Loire | FR-GES=Grand-Est | FR-GF=Guyane;française
FR-GP=Guadeloupe | FR-HDF=Hauts-de-France;Hauts de France
FR-IDF=Île-de-France;Ile de France;IDF;Paris region;Région parisienne | FR-MQ=Martinique
FR-NAQ=Nouvelle-Aquitaine;Nouvelle Aquitaine | FR-NOR=Normandie;Normandy | FR-OCC=Occitanie
FR-PAC=Provence-Alpes-Côte-d’Azur;PACA;Provence-Alpes-Côte d Azur | FR-PDL=Pays-de-la-Loire
FR-RE=La Réunion | FR-YT=Mayotte | FR-01=Ain | FR-02=Aisne | FR-03=Allier
FR-04=Alpes-de-Haute-Provence | FR-05=Hautes-Alpes | FR-06=Alpes-Maritimes | FR-07=Ardèche
FR-08=Ardennes | FR-09=Ariège | FR-10=Aube | FR-11=Aude | FR-12=Aveyron | FR-13=Bouches-du-Rhône
FR-14=Calvados | FR-15=Cantal | FR-16=Charente | FR-17=Charente-Maritime | FR-18=Cher
FR-19=Corrèze | FR-21=Côte-d'Or | FR-22=Côtes-d'Armor | FR-23=Creuse | FR-24=Dordogne
FR-25=Doubs | FR-26=Drôme | FR-27=Eure | FR-28=Eure-et-Loir | FR-29=Finistère | FR-2A=Corse-du-Sud
FR-2B=Haute-Corse | FR-30=Gard | FR-31=Haute-Garonne | FR-32=Gers | FR-33=Gironde | FR-34=Hérault
FR-35=Ille-et-Vilaine | FR-36=Indre | FR-37=Indre-et-Loire | FR-38=Isère | FR-39=Jura
FR-40=Landes | FR-41=Loir-et-Cher | FR-42=Loire | FR-43=Haute-Loire | FR-44=Loire-Atlantique
FR-45=Loiret | FR-46=Lot | FR-47=Lot-et-Garonne | FR-48=Lozère | FR-49=Maine-et-Loire
FR-50=Manche | FR-51=Marne | FR-52=Haute-Marne | FR-53=Mayenne | FR-54=Meurthe-et-Moselle
FR-55=Meuse | FR-56=Morbihan | FR-57=Moselle | FR-58=Nièvre | FR-59=Nord | FR-60=Oise | FR-61=Orne
FR-62=Pas-de-Calais | FR-63=Puy-de-Dôme | FR-64=Pyrénées-Atlantiques | FR-65=Hautes-Pyrénées
FR-66=Pyrénées-Orientales | FR-67=Bas-Rhin | FR-68=Haut-Rhin | FR-69=Rhône | FR-70=Haute-Saône
FR-71=Saône-et-Loire | FR-72=Sarthe | FR-73=Savoie | FR-74=Haute-Savoie | FR-75=Paris
FR-76=Seine-Maritime | FR-77=Seine-et-Marne | FR-78=Yvelines | FR-79=Deux-Sèvres | FR-80=Somme
FR-81=Tarn | FR-82=Tarn-et-Garonne | FR-83=Var | FR-84=Vaucluse | FR-85=Vendée | FR-86=Vienne
FR-87=Haute-Vienne | FR-88=Vosges | FR-89=Yonne | FR-90=Territoire de Belfort | FR-91=Essonne
FR-92=Hauts-de-Seine | FR-93=Seine-Saint-Denis | FR-94=Val-de-Marne | FR-95=Val-d'Oise
GB-ENG=England;Angleterre | GB-NIR=Northern Ireland;Irlande du Nord | GB-SCT=Scotland;Écosse
GB-WLS=Wales;Pays de Galles;Cymru
IT-21=Piemonte;Piedmont;Piémont | IT-23=Valle d'Aosta;Val d'Aoste;Aosta Valley
IT-25=Lombardia;Lombardy;Lombardie
IT-32=Trentino-Alto Adige | IT-34=Veneto;Vénétie | IT-36=Friuli Venezia Giulia | IT-42=Liguria
IT-45=Emilia-Romagna | IT-52=Toscana;Tuscany;Toscane | IT-55=Umbria | IT-57=Marche
IT-62=Lazio;Latium | IT-65=Abruzzo | IT-67=Molise | IT-72=Campania;Campanie | IT-75=Puglia
IT-77=Basilicata | IT-78=Calabria | IT-82=Sicilia;Sicily;Sicile
IT-88=Sardegna;Sardinia;Sardaigne
NL-DR=Drenthe | NL-FL=Flevoland | NL-FR=Fryslân | NL-GE=Gelderland | NL-GR=Groningen
NL-LI=Limburg | NL-NB=Noord-Brabant | NL-NH=Noord-Holland;North Holland;Hollande-Septentrionale
NL-OV=Overijssel | NL-UT=Utrecht | NL-ZE=Zeeland
NL-ZH=Zuid-Holland;South Holland;Hollande-Méridionale
US-AK=Alaska | US-AL=Alabama | US-AR=Arkansas | US-AS=American Samoa | US-AZ=Arizona
US-CA=California;Calif;Californie | US-CO=Colorado | US-CT=Connecticut
US-DC=District of Columbia;Washington DC;Washington D.C.;DC | US-DE=Delaware
US-FL=Florida;Floride | US-GA=Georgia;Géorgie | US-GU=Guam | US-HI=Hawaii;Hawaï | US-IA=Iowa
US-ID=Idaho | US-IL=Illinois | US-IN=Indiana | US-KS=Kansas | US-KY=Kentucky
US-LA=Louisiana;Louisiane | US-MA=Massachusetts;Mass | US-MD=Maryland | US-ME=Maine
US-MI=Michigan | US-MN=Minnesota | US-MO=Missouri | US-MP=Northern Mariana Islands
US-MS=Mississippi | US-MT=Montana | US-NC=North Carolina;Caroline du Nord | US-ND=North Dakota
US-NE=Nebraska | US-NH=New Hampshire | US-NJ=New Jersey | US-NM=New Mexico;Nouveau-Mexique
US-NV=Nevada | US-NY=New York;New York State | US-OH=Ohio | US-OK=Oklahoma | US-OR=Oregon
US-PA=Pennsylvania;Pennsylvanie | US-PR=Puerto Rico | US-RI=Rhode Island
US-SC=South Carolina;Caroline du Sud | US-SD=South Dakota | US-TN=Tennessee | US-TX=Texas;Tex
US-UM=United States Minor Outlying Islands | US-UT=Utah | US-VA=Virginia;Virginie
US-VI=Virgin Islands, U.S. | US-VT=Vermont | US-WA=Washington | US-WI=Wisconsin
US-WV=West Virginia | US-WY=Wyoming
"""
