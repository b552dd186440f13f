"""The strict shape of each mapping file: every key, what it means and an example."""

from connector.mapfiles.shapes.common import Shape
from connector.mapfiles.shapes.fields import FieldsFile
from connector.mapfiles.shapes.golden import GoldenFile
from connector.mapfiles.shapes.people import PeopleFile
from connector.mapfiles.shapes.promises import PromisesFile
from connector.mapfiles.shapes.qualification import QualificationFile
from connector.mapfiles.shapes.recycling import RecyclingFile
from connector.mapfiles.shapes.routing import RoutingFile
from connector.mapfiles.shapes.targets import TargetsFile
from connector.mapfiles.shapes.vocabulary import VocabularyFile

#: File name -> shape, in the order in which people read them.
FILES: dict[str, type[Shape]] = {
    "vocabulary.yaml": VocabularyFile,
    "fields.yaml": FieldsFile,
    "people.yaml": PeopleFile,
    "qualification.yaml": QualificationFile,
    "routing.yaml": RoutingFile,
    "promises.yaml": PromisesFile,
    "recycling.yaml": RecyclingFile,
    "targets.yaml": TargetsFile,
}

__all__ = ["FILES", "GoldenFile", "Shape"]
